#!/usr/bin/env bash
# What a new user does in the first hour, from the clone to photos, a film, networks and data of his own.
#
#   tests/first_hour.sh [FOLDER]                 clone, install, and do everything in an empty FOLDER
#   GRADUNC_BIN=.venv/bin tests/first_hour.sh    with an environment that exists, without the installation
#
# It ends with exit code 0 and "the first hour: all N steps passed", or at the first step that fails.
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
[ -z "$(ls -A "$folder")" ] || { echo "first_hour.sh: '$folder' is not empty; give a new folder" >&2; exit 2; }
scripts=$repository/tests/first_hour
steps=0
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} WANDB_MODE=offline

step() { # TITLE: what comes next
    steps=$((steps + 1))
    title=$1
    printf '%s %2d. %s\n' "$(date +%H:%M:%S)" "$steps" "$title"
}

fail() { # REASON
    printf 'FAILED at step %d, %s: %s\n' "$steps" "$title" "$1" >&2
    tail -n 30 "$folder/log" >&2 || true
    exit 1
}

expect() { # CODE COMMAND...: its output goes to the log; it must end with this exit code, without a traceback
    local wanted=$1 code=0
    shift
    "$@" >"$folder/log" 2>&1 </dev/null || code=$?
    [ "$code" = "$wanted" ] || fail "exit code $code instead of $wanted from: $*"
    ! grep -q '^Traceback' "$folder/log" || fail "a traceback from: $*"
}

says() { # TEXT: the last command printed it
    grep -qF -- "$1" "$folder/log" || fail "the output does not say: $1"
}

has() { # FILE...: each exists and is not empty
    for file in "$@"; do
        [ -s "$file" ] || fail "no file $file"
    done
}

step "clone"
expect 0 git clone --quiet "$repository" "$folder/gradunc"
cd "$folder/gradunc"

step "install"
if [ -z "${GRADUNC_BIN:-}" ]; then
    expect 0 make install
    bin=$folder/gradunc/.venv/bin
else
    bin=$(cd "$repository" && cd "$GRADUNC_BIN" && pwd)
fi
export PYTHONPATH=$folder/gradunc # an environment that exists may have another gradunc
python=$bin/python

step "photos, a film, a folder with depth: made here"
expect 0 "$python" "$scripts/material.py" "$folder/mine"

step "help and a mistyped key"
expect 0 "$python" train.py --help
expect 2 "$python" train.py experiment=demo objective.learnin_rate=1e-3
says "objective.learning_rate"

small=(data.synthetic.train_scenes=8 data.synthetic.val_scenes=1 data.synthetic.test_scenes=2 logger.mode=offline)
step "the demo, small"
expect 0 "$python" train.py experiment=demo "${small[@]}" trainer.max_epochs=1 output="$folder/runs"
model=$(ls -d "$folder"/runs/demo/*/export)
has "$model" "${model%/export}"/{metrics.md,metrics.json,depth.csv,uncertainty.csv,sparsification.png,training.png}

step "own photos; the same call again keeps what is there"
expect 0 "$python" infer.py predict checkpoint="$model" "$folder/mine/photos" output="$folder/photos"
has "$folder"/photos/{portrait.png,street.jpg}.{depth.npy,uncertainty.npy,panel.png} "$folder/photos/summary.json"
expect 0 "$python" infer.py predict checkpoint="$model" "$folder/mine/photos" output="$folder/photos"
says "kept"

step "a film"
expect 0 "$python" infer.py predict checkpoint="$model" "$folder/mine/walk.mp4" every=6 output="$folder/film"
[ "$(find "$folder/film" -name '*.panel.png' | wc -l)" = 10 ] || fail "not 10 panels of the frames of the film"

step "one call in Python"
expect 0 "$python" "$scripts/one_call.py" "$model" "$folder/mine/photos/street.jpg" "$folder/one_call"

step "a network of one's own"
expect 0 "$python" "$scripts/own_network.py"

step "a Lightning module of one's own"
expect 0 "$python" "$scripts/lightning_module.py"

step "own film: look, then train"
expect 0 "$python" -m gradunc.tools.check data=video data.root="$folder/mine/walk.mp4" data.video.hfov=81.5
expect 0 "$python" train.py experiment=own_video data.root="$folder/mine/walk.mp4" data.video.hfov=81.5 \
    model=lcnet objective.pose_pretrained=false trainer.max_epochs=1 data.batch_size=2 output="$folder/runs"

step "own folder with depth: look, then train from the defaults"
expect 0 "$python" -m gradunc.tools.check data=folder data.root="$folder/mine/folder" data.folder.depth_scale=1000
expect 0 "$python" train.py data=folder data.root="$folder/mine/folder" data.folder.depth_scale=1000 \
    objective=supervised model=lcnet trainer.max_epochs=2 data.batch_size=2 name=folder output="$folder/runs"

step "sweep, dry run"
expect 0 "$python" "$scripts/sweep.py" configs/sweep.yaml "$folder/sweep"

step "interrupted and resumed training"
interrupted=("$python" train.py experiment=demo "${small[@]}" trainer.max_epochs=3 name=again output="$folder/runs")
expect 0 "$python" "$scripts/interrupt.py" "$folder/runs/again" "${interrupted[@]}"
says "resume=auto"
expect 0 "${interrupted[@]}" resume=auto
[ "$(ls -d "$folder"/runs/again/*/ | wc -l)" = 1 ] || fail "the resumed training began a second run"
expect 0 "$python" "$scripts/same_wandb_run.py" "$folder"/runs/again/*/

step "ONNX without torch"
expect 0 "$python" infer.py export checkpoint="$model" to="$folder/model.onnx"
if [ -n "${GRADUNC_BIN:-}" ]; then
    expect 0 "$python" "$scripts/run_onnx.py" "$folder/model.onnx" "$folder/mine/photos/street.jpg"
else
    expect 0 "${PYTHON:-python3}" -m venv "$folder/onnx"
    expect 0 "$folder/onnx/bin/python" -m pip install --quiet onnxruntime numpy pillow
    expect 0 env -u PYTHONPATH "$folder/onnx/bin/python" "$scripts/run_onnx.py" "$folder/model.onnx" \
        "$folder/mine/photos/street.jpg"
fi

printf 'the first hour: all %d steps passed\n' "$steps"
