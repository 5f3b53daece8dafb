# coach writes its own completion, so that it always knows all its sentences.
eval "$(coach completion bash 2>/dev/null)"
