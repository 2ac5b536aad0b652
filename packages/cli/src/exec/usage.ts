/** What `batchwatch exec --help` prints. The page with all of it: docs/guide/exec.md. */
export const EXEC_USAGE = `Usage: batchwatch exec --job NAME [options] [--] COMMAND [ARGUMENTS…]

Runs a command and tells Batchwatch about it: start, heartbeats, end, exit code, output, memory, CPU, records.
The command runs whether the server is there or not; its exit code is ours.

The job
  --job NAME, -j            the job's name (required)
  --namespace NAME          default: the key's, else "default"
  --env NAME                environment, e.g. production
  --type NAME               etl, report, backup, …
  --owner NAME   --runbook URL   --tag NAME=VALUE (repeatable)
The run
  --run-id ID               default: a random one; a second run with the same id is a new attempt
  --run-type TYPE           scheduled, manual, backfill or catchup
  --scheduled-at TIME       the nominal time that this run is for (ISO 8601)
What is expected
  --schedule CRON           "0 2 * * *", or "every 15m"
  --tz ZONE                 the schedule's time zone; default: this machine's
  --start-by TIME           "10m" after the nominal time, or a clock time
  --max-duration TIME       "90s", "1h 30m"
  --must-complete-by HH:MM
  --min-records N           --max-failure-rate SHARE (0.05 or 5%)
  --heartbeat-interval TIME default 15s, or a third of the limit where that is less
  --heartbeat-limit TIME    silence for longer is an incident
Output
  --output-limit BYTES      how much of the output's end is sent; default 10000, at most 100000
  --no-output               send none: the command writes straight to our output
  --quiet, -q               say nothing ourselves
Delivery
  --url URL                 default: BATCHWATCH_URL, else http://127.0.0.1:4318
  --api-key KEY             better: BATCHWATCH_API_KEY
  --flush-timeout TIME      how long the end may take to deliver; default 2s
  --spool-dir DIR           where undelivered events wait; default ~/.local/state/batchwatch/spool

Records: lines of output such as "BATCHWATCH_RECORDS processed=120 failed=3 total=500", or lines on file descriptor 3.
Exit code: the command's; 128 + n after signal n; 127 not found; 126 not executable; 2 a mistake in these options.

  batchwatch exec --job nightly-backup --schedule "0 2 * * *" --max-duration 1h -- /usr/local/bin/backup.sh
  batchwatch exec --job daily_etl --type etl --min-records 1 -- python3 etl.py --date today
`;
