// A job that handles some records, then stalls: it lives on and does nothing. Under `exec`.
for (let done = 100; done <= 300; done += 100) {
  console.log(`BATCHWATCH_RECORDS processed=${done} failed=0 total=1000`);
  await new Promise((resolve) => setTimeout(resolve, 100));
}
console.log("stalled");
setInterval(() => {}, 1000);
