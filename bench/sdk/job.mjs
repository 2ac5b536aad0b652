/** A short job, with the SDK and, where BARE is set, without. Prints when its last line was done. */
const work = async (count) => {
  for (let record = 0; record < 1_000; record++) count();
  await new Promise((resolve) => setTimeout(resolve, 300));
};
if (process.env.BARE) await work(() => {});
else {
  const { configureExport } = await import("../../packages/sdk/dist/esm/sdk/src/export.js");
  const { batchJob } = await import("../../packages/sdk/dist/esm/sdk/src/index.js");
  configureExport({ serviceName: "bench", onWarning: () => {} });
  await batchJob("bench", { type: "bench" }, (run) => run.step("work", () => work(() => run.processed())));
}
process.stdout.write(JSON.stringify({ endedAt: Date.now(), rssMib: process.memoryUsage.rss() / 1048576 }));
