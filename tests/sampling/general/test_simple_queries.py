"""The rule that decides which prompts get no thoughts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1data.sampling.simple_queries import LONGEST, WORDLESS, kind_of

SIMPLE = {
    "greeting": ["hello", "Hi there!", "HELLOOOO", "Good morning everyone", "你好", "您好，很高兴认识你！",
                 "在吗？在吗？", "您好请问你是谁", "Bonjour", "Guten Morgen!", "¡Buenos días!", "こんにちは",
                 "안녕하세요", "Привет!", "السلام عليكم", "नमस्ते", "xin chào", "สวัสดีครับ",
                 "Hello! How can you help me today?"],
    "farewell": ["bye", "See you later!", "再见", "拜拜啦", "au revoir", "Tschüss", "до свидания"],
    "thanks": ["Thanks!! 😊", "thank you so much for your help", "谢谢你的帮助，再见！",
               "merci beaucoup", "ありがとうございます"],
    "acknowledgement": ["ok", "Great, thank you!", "好的，谢谢", "哈哈哈哈", "oui", "はい"],
    "wellbeing": ["how are you?", "What's up", "最近怎么样？", "¿Qué tal?", "wie geht's", "как дела?"],
    "identity": ["Who are you?", "What's your name?", "你叫什么名字呀？", "¿Quién eres?", "who made you"],
    WORDLESS: ["?", "👋", "……", "❤️!"],
}  # fmt: skip
OTHERS = [
    "What is 2+2?", "hi, write me a poem", "谢谢你，帮我写一首诗", "Write a thank-you note",
    "Translate 'hello' into French", "你好用英语怎么说", "再见用法语怎么说？",
    "hello world in python", "Who was Napoleon?", "Who are you in this story, Watson?",
    "How are you supposed to cook rice?", "好的学习方法有哪些", "What can you do about insomnia?", "1", "x=3", "∑∫", "",
    "   ", "why?", "为什么", "Tell me a joke", "Hello, my name is Ann", "the", "friend", "Is no news good news?",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "prompt"), [(kind, each) for kind, all_ in SIMPLE.items() for each in all_])
def test_small_talk_is_simple_in_many_languages(kind: str, prompt: str) -> None:
    assert kind_of(prompt) == kind


@pytest.mark.parametrize("prompt", OTHERS)
def test_whatever_says_more_is_not(prompt: str) -> None:
    assert kind_of(prompt) is None


@pytest.mark.parametrize("prompt", ["hello", "谢谢", "Who are you"])
@pytest.mark.parametrize("surroundings", ["  {}\n", "{}!!!", "«{}»", "{} 🙂", "\u200b{}"])
def test_blanks_punctuation_and_emoji_around_it_do_not_count(prompt: str, surroundings: str) -> None:
    assert kind_of(surroundings.format(prompt)) == kind_of(prompt) is not None


def test_a_long_prompt_is_not_looked_at() -> None:
    assert kind_of("hi " * (LONGEST // 3)) == "greeting"
    assert kind_of("hi " * LONGEST) is None and kind_of(" " * 1_000_000) is None


@given(st.text(max_size=LONGEST))
def test_any_text_has_one_answer(prompt: str) -> None:
    assert kind_of(prompt) == kind_of(prompt.strip())


@given(
    st.lists(st.sampled_from(["hello", "thanks", "there", "how are you"]), max_size=8),
    st.sampled_from("qwxz"),
)
def test_one_strange_word_is_enough(words: list[str], strange: str) -> None:
    assert kind_of(" ".join([*words, strange * 2])) is None
