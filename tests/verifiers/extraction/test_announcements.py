"""The table of words that announce an answer."""

import re

import pytest

from r1data.verifiers.extraction.announcements import ANNOUNCEMENTS, FIELDS, Announcement, pattern, words


def test_every_language_of_the_filters_is_there_and_the_twelve_that_joined() -> None:
    old = ["en", "zh", "ja", "ko", "ru", "ar", "hi", "th", "fr", "de", "es", "pt", "it", "vi"]
    new = ["sw", "bn", "te", "id", "tr", "pl", "nl", "el", "he", "fa", "ur", "uk"]
    assert [announcement.language for announcement in ANNOUNCEMENTS] == old + new


@pytest.mark.parametrize("announcement", ANNOUNCEMENTS, ids=lambda announcement: announcement.language)
def test_a_language_has_a_word_for_answer_is_and_option_in_lower_case(announcement: Announcement) -> None:
    assert announcement.answer
    assert announcement.copula
    assert announcement.option
    assert announcement.denial
    assert announcement.either
    assert announcement.therefore
    for field in FIELDS:
        for word in getattr(announcement, field):
            assert word == word.lower()
            re.compile(word)


def test_words_are_sorted_so_that_longer_ones_match_first() -> None:
    for field in FIELDS:
        lengths = [len(word) for word in words(field)]
        assert lengths == sorted(lengths, reverse=True)
    assert re.fullmatch(pattern("answer"), "jawabannya")
    assert "答案" not in pattern("answer", ascii_only=True)
