#!/usr/bin/env bash
# Trains a sweep as a Slurm array of four shards, kills the program of one task, lets Slurm requeue that task, merges the shards in another job, and
# compares the result with the same sweep trained by one process. Starts a Slurm of one node (Debian's slurm-wlm and munge) with its own keys, ports
# and folders, and stops it at the end. Prints NOT RUN and the reason where Slurm is missing.
#
#   scripts/test-slurm.sh
set -euo pipefail
cd "$(dirname "$0")/.."

for program in munged slurmctld slurmd sbatch; do
    command -v $program >/dev/null || PATH=$PATH:/usr/sbin
    command -v $program >/dev/null || { echo "NOT RUN: $program is missing (Debian's packages slurm-wlm and munge)"; exit 0; }
done
[ "$(id -u)" = 0 ] || { echo "NOT RUN: slurmd starts the tasks of a user only as root"; exit 0; }

cargo build --release --locked --quiet
program=$PWD/target/release/gradsweep
data=$PWD/configs/data/advertising.csv
folder=$(mktemp -d)
export SLURM_CONF=$folder/slurm.conf
daemons=()
stop() {
    scancel --user root 2>/dev/null || true
    sleep 1
    for daemon in "${daemons[@]}"; do kill "$daemon" 2>/dev/null || true; done
    wait
    rm -rf "$folder"
}
trap stop EXIT

chmod 755 "$folder"
mkdir "$folder"/{state,spool,work}
dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 status=none
chmod 600 "$folder/munge.key"
host=$(hostname)
cat >"$SLURM_CONF" <<CONFIG
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthInfo=socket=$folder/munge.socket,cred_expire=10
SlurmctldPort=16817
SlurmdPort=16818
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
MailProg=/bin/true
RequeueExit=137
NodeName=$host NodeAddr=127.0.0.1 CPUs=2
PartitionName=test Nodes=$host Default=YES State=UP
SlurmdParameters=config_overrides
CONFIG
munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munge.pid" \
    --log-file="$folder/munge.log" --seed-file="$folder/munge.seed" &
daemons+=($!)
until [ -S "$folder/munge.socket" ]; do sleep 0.2; done
slurmctld -D >"$folder/slurmctld.log" 2>&1 &
daemons+=($!)
slurmd -D >"$folder/slurmd.log" 2>&1 &
daemons+=($!)
for _ in $(seq 100); do
    [ "$(sinfo --noheader --format %t 2>/dev/null)" = idle ] && break
    sleep 0.3
done
[ "$(sinfo --noheader --format %t)" = idle ] || { cat "$folder"/slurm*.log; echo "the node of Slurm does not start"; exit 1; }

cd "$folder/work"
cat >sweep.toml <<CONFIG
name = "slurm"
[data]
path = "$data"
feature = "TV"
target = "sales"
scale = "standard"
[training]
optimizer = "adam"
epochs = 2000
[history]
every = 0
epochs = false
[sweep.parameters]
learning_rate = { min = 1e-4, max = 1.0, count = 40000, distribution = "log_uniform" }
CONFIG
cat >array.sh <<SCRIPT
#!/bin/bash
#SBATCH --array=0-3
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --output=task-%a.log
#SBATCH --open-mode=append
echo "task \$SLURM_ARRAY_TASK_ID, restart \${SLURM_RESTART_COUNT:-0}"
"$program" run sweep.toml --backend cpu --threads "\$SLURM_CPUS_PER_TASK" --chunk 500 --shard auto --out parts --resume &
echo \$! >pid-\$SLURM_ARRAY_TASK_ID
wait \$!
SCRIPT
array=$(sbatch --parsable array.sh)
# The program of the second task is killed after it has stored rows.
until [ -e parts/shard-2-of-4/runs/part-00001.parquet ]; do sleep 0.05; done
kill -KILL "$(cat pid-1)"
states=
for _ in $(seq 600); do
    states=$(scontrol --oneliner show job "$array" | sed -n 's/.*JobState=\([A-Z]*\).*/\1/p' | sort | uniq -c | tr -s ' \n' ' ')
    [ "$states" = ' 4 COMPLETED ' ] && break
    sleep 0.2
done
tail -n +1 task-*.log
[ "$states" = ' 4 COMPLETED ' ] || { echo "the tasks end with the states$states"; exit 1; }
sbatch --wait --output=merge.log --wrap "'$program' merge parts/shard-* --out merged --no-plots" || { cat merge.log; exit 1; }
cat merge.log
[ "$(grep -l 'restart 1' task-*.log | wc -l)" = 1 ] || { echo "no task, or more than one, was requeued"; exit 1; }

"$program" run sweep.toml --backend cpu --out whole --no-plots >/dev/null 2>&1
for directory in merged whole; do
    # Each learning rate has one run.
    "$program" compare $directory --by learning_rate --top 40000 --csv --no-plots >$directory.csv
done
[ "$(wc -l <merged.csv)" = 40001 ]
cmp merged.csv whole.csv
echo "the 40,000 runs of the merged shards have the results of the sweep of one process"
