/**
 * One OTLP metrics request as a collector sends it: gauges of one host, each with a few attributes, in protobuf. Written
 * with protobufjs's Writer: making the load must not cost more than taking it.
 */
import protobufjs from "protobufjs";

const { Writer } = protobufjs;
const METRICS_A_SERIES_SET = 10;
const NANOS = 1_000_000n;

export function metricsRequest(of: { host: string; series: number; at: number; turn: number }): Uint8Array {
  const pointsAMetric = Math.ceil(of.series / METRICS_A_SERIES_SET);
  const timeNano = BigInt(of.at) * NANOS;
  const writer = new Writer();
  // resource_metrics = 1 { resource = 1, scope_metrics = 2 { metrics = 2 { name = 1, gauge = 5 { data_points = 1 } } } }
  writer.uint32(10).fork();
  writer.uint32(10).fork();
  attribute(writer, 10, "service.name", "bench");
  attribute(writer, 10, "host.name", of.host);
  writer.ldelim();
  writer.uint32(18).fork();
  for (let metric = 0; metric < METRICS_A_SERIES_SET; metric += 1) {
    writer.uint32(18).fork();
    writer.uint32(10).string(`bench_metric_${metric}`);
    writer.uint32(42).fork();
    for (let point = 0; point < pointsAMetric; point += 1) {
      writer.uint32(10).fork();
      // time_unix_nano = 3, as_double = 4, attributes = 7
      writer.uint32(25).fixed64(timeNano.toString());
      writer.uint32(33).double(1000 * metric + point + (of.turn % 60));
      attribute(writer, 58, "job_name", `job_${point}`);
      attribute(writer, 58, "status", point % 2 === 0 ? "success" : "failure");
      writer.ldelim();
    }
    writer.ldelim();
    writer.ldelim();
  }
  writer.ldelim();
  writer.ldelim();
  return writer.finish();
}

function attribute(writer: protobufjs.Writer, tag: number, key: string, value: string): void {
  writer.uint32(tag).fork();
  writer.uint32(10).string(key);
  writer.uint32(18).fork();
  writer.uint32(10).string(value);
  writer.ldelim();
  writer.ldelim();
}
