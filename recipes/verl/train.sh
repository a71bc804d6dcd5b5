#!/usr/bin/env bash
# A whole run of a recipe of this folder: the reference replaced by the policy every 400 steps (25 rollouts), the maximum
# length raised to 65,536 after step 8,200 (rollout 513). verl does neither within a run, and goes on from a checkpoint
# with its weights, optimizer and place in the data; the reference is the model that it is started with. So it is started
# once for each stretch. The same command again goes on where it was stopped.
#
#   recipes/verl/train.sh r1-zero-qwen-32b [OVERRIDE…]
#
# OUT: where checkpoints go (checkpoints/CONFIG). BACKEND: fsdp, or megatron for a mixture of experts. STEPS, EVERY,
# LONGER: rollouts in all (650), between two replacements (25), before the longer responses (513; 0 for never).
set -euo pipefail

config=${1:?usage: train.sh CONFIG [OVERRIDE...]}
shift
folder=$(cd "$(dirname "$0")" && pwd)
out=${OUT:-checkpoints/$config}
backend=${BACKEND:-fsdp}
steps=${STEPS:-650} every=${EVERY:-25} longer=${LONGER:-513}
mkdir -p "$out"
out=$(cd "$out" && pwd)

while :; do
    at=$(cat "$out/latest_checkpointed_iteration.txt" 2>/dev/null || echo 0)
    [ "$at" -lt "$steps" ] || break
    goal=$(( (at / every + 1) * every ))
    [ "$goal" -le "$steps" ] || goal=$steps
    length=()
    if [ "$longer" -gt 0 ] && [ "$at" -lt "$longer" ]; then
        [ "$goal" -le "$longer" ] || goal=$longer
    elif [ "$longer" -gt 0 ]; then
        length=(data.max_response_length=65536 actor_rollout_ref.rollout.max_model_len=67584)
    fi
    reference=() replaced=$(( at / every * every ))
    if [ "$replaced" -gt 0 ]; then
        if [ ! -e "$out/reference_$replaced/config.json" ]; then
            rm -rf "$out/reference_$replaced.part"
            python -m verl.model_merger merge --backend "$backend" \
                --local_dir "$out/global_step_$replaced/actor" --target_dir "$out/reference_$replaced.part"
            mv "$out/reference_$replaced.part" "$out/reference_$replaced"
        fi
        reference=("actor_rollout_ref.model.path=$out/reference_$replaced")
    fi
    python -m verl.trainer.main_ppo --config-path "$folder" --config-name "$config" \
        "trainer.default_local_dir=$out" trainer.resume_mode=auto "trainer.save_freq=$every" \
        "trainer.total_training_steps=$goal" "${reference[@]}" "${length[@]}" "$@"
    now=$(cat "$out/latest_checkpointed_iteration.txt" 2>/dev/null || echo 0)
    [ "$now" -gt "$at" ] || { echo "train.sh: no checkpoint after rollout $at in $out; see verl's log" >&2; exit 1; }
done
