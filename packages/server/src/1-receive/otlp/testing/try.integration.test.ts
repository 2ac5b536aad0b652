import { test } from "vitest";
import { startTestServer } from "/work/main/packages/server/src/test-server.ts";
import { captureNames, readCapture, replay, settledRuns } from "/work/main/packages/server/src/1-receive/otlp/testing/replay-captures.ts";
const iso=(n:number|null)=>n===null?"-":new Date(n).toISOString().slice(5,23);
const variants: Record<string,string[]> = {all:["traces","logs","metrics"], metrics:["metrics"], ml:["metrics","logs"], traces:["traces"], logs:["logs"]};
test.concurrent.for(captureNames().flatMap(n=>Object.keys(variants).map(v=>[n,v] as const)).filter(([n])=>n!=="guide-heartbeat"||process.env.HB))("%s %s", async ([name, v])=>{
  const server=await startTestServer();
  const {requests,truth}=readCapture(name);
  const sel=requests.filter(r=>(variants[v]??[]).includes(r.signal));
  if(sel.length===0||(v!=="all"&&sel.length===requests.length)){await server.close();return;}
  await replay(server, sel);
  const runs=await settledRuns(server);
  const orphans=await server.store.countOrphans();
  let out=`=== ${name} ${v} orphans=${orphans}\n`;
  for(const t of truth) out+=`  T ${t.job_name} ${t.job_id} ${t.status} ${t.start.slice(5,23)} ${t.end?.slice(5,23)} q${t.queue_wait_s} r${t.records_processed}/${t.records_failed} ${t.error_type}\n`;
  for(const r of runs) { const ev=await server.store.runEvents(r.id,{limit:1000,cursor:null}); out+=`  R ${r.jobName} ${r.runId} ${r.phase}${r.anonymous?" ANON":""}${r.conflict?" CONFLICT":""} ${iso(r.startedAt)}±${r.startedWithinMs} ${iso(r.completedAt)}±${r.completedWithinMs} q${r.queueWaitMs} r${r.recordsProcessed}/${r.recordsFailed} ${r.errorType} ${r.jobType} att${r.attempts.length} steps[${r.steps.map(s=>`${s.name}:${s.outcome}:${iso(s.startedAt)}-${iso(s.endedAt)}:${JSON.stringify(s.records)}:${s.errorType}`).join(",")}] ev${ev.items.map(e=>e.kind[0]+e.kind[1]).join("")}\n`;}
  console.log(out);
  await server.close();
},120000);
