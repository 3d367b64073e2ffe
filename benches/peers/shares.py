"""What benches/gpu.sh prints of a bench's JSON: speeds, shares of the machine's own limits, and from how many runs the GPU pays."""
import json
import sys

table = json.load(open(sys.argv[1]))
for line in table["lines"]:
    speed = line["speed"]
    if line["backend"] == "reference":
        continue
    what = f"{line['name']:14} {'all points' if line['history'] else 'no history':11}"
    if speed is None:
        print(f"{what} differs from float64 by {line['deviation']:.1e}: no speed")
        continue
    share = speed["share_of_limit"]
    print(f"{what} {speed['steps_per_s'] / 1e9:8.3f} G updates/s" + (f", {share:.0%} of the limit" if share else ""))
for limit in table["limits"]:
    print(f"{limit['name']:14} can do {limit['fused_per_s'] / 1e9:.0f} Gfma/s, {limit['roots_per_s'] / 1e9:.2f} G(2 roots and a division)/s, "
          f"fill {limit['filled_bytes_per_s'] / 1e9:.0f} GB/s")
without, kept = table["sizes"]["gpu_pays_from"]
print(f"the GPU pays from {without or 'no'} runs on, {kept or 'no'} with histories")
