#!/bin/sh
# A job that speaks by curl alone: start, signs of life, and (unless it is killed or told to stall) success.
# Usage: pinging-job.sh PING_URL RUN_ID BEATS|stall
url=$1 rid=$2 beats=$3
curl -fsS -m 10 -o /dev/null "$url/start?rid=$rid"
count=0
while [ "$beats" = stall ] || [ "$count" -lt "$beats" ]; do
  curl -fsS -m 10 -o /dev/null --data-raw "step $count" "$url/log?rid=$rid"
  count=$((count + 1))
  [ "$count" -eq 3 ] && echo beating
  [ "$beats" = stall ] && sleep 0.3
done
curl -fsS -m 10 -o /dev/null "$url?rid=$rid"
