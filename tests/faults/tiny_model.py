"""A real language model, made in half a minute: a Qwen3 of two layers that has learnt a handful of exchanges by heart.

`make` trains it and writes the folder that `transformers serve` loads; `serving` runs that server. What it is to say is given
as `Exchange`s: the messages and tools exactly as a client sends them, and the reply. To teach it another prompt, record what the
client sends to a `StubServer` (`Request.body`) and give `Exchange.recorded(body, reply)`.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Message = Mapping[str, Any]
SURE = 0.9

# Call ids, which the server invents, are not rendered: the model cannot learn them.
TEMPLATE = """\
{%- if tools %}<|im_start|>tools
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}<|im_end|>
{% endif %}
{%- for message in messages %}<|im_start|>{{ message.role }}
{%- if message.content is string %}
{{ message.content }}
{%- else %}
{% for part in message.content or [] %}{{ part.text }}{% endfor %}
{%- endif %}
{%- for call in message.tool_calls or [] %}
<tool_call>
{{ {"name": call.function.name, "arguments": call.function.arguments} | tojson }}
</tool_call>
{%- endfor %}<|im_end|>
{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


@dataclass(frozen=True)
class Exchange:
    """What the model is asked, and what it is to reply: a text, or a call (name, arguments) of one of the `tools`."""

    messages: Sequence[Message]
    reply: str | tuple[str, Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def recorded(cls, body: Mapping[str, Any], reply: str | tuple[str, Mapping[str, Any]]) -> Exchange:
        """The exchange that a recorded request begins."""
        return cls(body["messages"], reply, body.get("tools", ()))

    @property
    def answer(self) -> str:
        """The reply as the model writes it."""
        if isinstance(self.reply, str):
            return self.reply
        name, arguments = self.reply
        return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def make(folder: Path, exchanges: Sequence[Exchange], *, most_steps: int = 400, seed: int = 0) -> Path:
    """Train a model on `exchanges` until it repeats each of them, and write it to `folder`; `RuntimeError` if it never does."""
    import torch

    torch.manual_seed(seed)
    tokenizer = _tokenizer([*(exchange.answer for exchange in exchanges), *_texts(exchanges)])
    model = _model(tokenizer)
    pairs = [_encoded(tokenizer, exchange) for exchange in exchanges]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    for _ in range(most_steps):
        optimizer.zero_grad()
        surest = min(_learn(model, prompt, answer) for prompt, answer in pairs)
        optimizer.step()
        if surest > SURE:
            break
    else:
        raise RuntimeError(f"the tiny model did not learn its exchanges: a token of them has the probability {surest:.3f}")
    model.generation_config.update(
        max_new_tokens=256, do_sample=False, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _learn(model: Any, prompt: list[int], answer: list[int]) -> float:
    """Add the gradient of one exchange; the probability of its least probable token."""
    import torch

    ids = torch.tensor([prompt + answer])
    logits = model(input_ids=ids, logits_to_keep=len(answer) + 1).logits[0, :-1]
    chances = torch.log_softmax(logits, -1).gather(1, ids[0, -len(answer) :, None])
    (-chances.mean()).backward()
    return chances.min().exp().item()


@contextmanager
def serving(folder: Path, wait: float = 120.0) -> Generator[str]:
    """The address (up to `/v1`) of a `transformers serve` that serves `folder`; the model's name is the folder's path."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cache = folder.parent / "hub"
    cache.mkdir(exist_ok=True)
    command = [
        str(Path(sys.executable).with_name("transformers")),
        "serve",
        str(folder),
        "--device",
        "cpu",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    surroundings = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(cache), "OMP_NUM_THREADS": "1"}
    log = folder.parent / "serve.log"
    with log.open("wb") as out, subprocess.Popen(command, env=surroundings, stdout=out, stderr=subprocess.STDOUT) as server:
        try:
            _await_health(server, f"http://127.0.0.1:{port}/health", wait, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _await_health(server: subprocess.Popen[bytes], url: str, wait: float, log: Path) -> None:
    until = time.monotonic() + wait
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"transformers serve did not come up: {log.read_text('utf-8', 'replace')[-2000:]}")


def _texts(exchanges: Sequence[Exchange]) -> list[str]:
    return [json.dumps([exchange.messages, exchange.tools], ensure_ascii=False) for exchange in exchanges]


def _tokenizer(texts: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=4096,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        show_progress=False,
    )
    inner.train_from_iterator(texts, trainer)
    inner.add_tokens(["<tool_call>", "</tool_call>", "<think>", "</think>"])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<|im_end|>", pad_token="<|endoftext|>", model_max_length=8192
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _model(tokenizer: Any) -> Any:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            head_dim=16,
            num_key_value_heads=2,
            max_position_embeddings=8192,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            tie_word_embeddings=True,
        )
    )


def _encoded(tokenizer: Any, exchange: Exchange) -> tuple[list[int], list[int]]:
    """The prompt's tokens, rendered as the server renders them, and the answer's."""
    messages = [_as_served(message) for message in exchange.messages]
    prompt = tokenizer.apply_chat_template(
        messages, tools=list(exchange.tools) or None, add_generation_prompt=True, tokenize=True, return_dict=True
    )
    answer = tokenizer(f"{exchange.answer}<|im_end|>", add_special_tokens=False)
    return list(prompt["input_ids"]), list(answer["input_ids"])


def _as_served(message: Message) -> dict[str, Any]:
    """As `transformers serve` hands it to the template: arguments as a value, no content beside calls."""
    calls = [
        {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
        for call in message.get("tool_calls") or ()
    ]
    return {**message, "content": "", "tool_calls": calls} if calls else dict(message)
