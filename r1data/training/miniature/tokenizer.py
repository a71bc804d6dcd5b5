"""The miniature tokenizer: 256 bytes, and every word, number and tag of the world as one token.

AutoTokenizer, and so vLLM, picks Qwen2's own tokenizer for a Qwen2 model whatever the files say, and that
one splits "12" in two. Added tokens are matched before any splitting, longest first, so the words and
numbers here are added tokens over a byte vocabulary without merges: whichever class loads the files cuts
the text the same way, and any other text still round-trips byte by byte. Only the end and the padding are
special: the tags must survive decoding. The chat template writes contents one after another, so that a
conversation and plain text are the same tokens.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from r1data.training.miniature import world

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

END = "<|endoftext|>"
PADDING = "<|pad|>"
TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + eos_token }}{% endgeneration %}"
    "{% else %}{{ message['content'] }}{% endif %}{% endfor %}"
)


def build() -> "PreTrainedTokenizerFast":
    """The tokenizer, made anew from the world's vocabulary."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(alphabet)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens([AddedToken(END, special=True), AddedToken(PADDING, special=True)])
    inner.add_tokens([AddedToken(text, special=False, normalized=False) for text in world.vocabulary()])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token=END,
        pad_token=PADDING,
        chat_template=TEMPLATE,
        model_max_length=256,
        clean_up_tokenization_spaces=False,
    )


def fast_encoder(words: "PreTrainedTokenizerFast") -> Callable[[str], list[int]]:
    """Text of the world → ids, the same as the tokenizer's and ten times as fast; KeyError on other text."""
    ids = words.get_vocab()
    # Longest first, since that is how the tokenizer matches added tokens, and `|` takes the first that fits.
    pieces = sorted(world.vocabulary(), key=len, reverse=True)
    pattern = re.compile("|".join([*map(re.escape, pieces), "."]))
    return lambda text: [ids[piece] for piece in pattern.findall(text)]


def save(folder: Path) -> "PreTrainedTokenizerFast":
    """Build the tokenizer and write its files into `folder`."""
    tokenizer = build()
    tokenizer.save_pretrained(folder)
    return tokenizer
