"""Verdicts of a judge: votes, ties, garbage and failures; never a guess."""

import pickle
from pathlib import Path

import pytest

from r1data.engines.base import Completion
from r1data.errors import UserError
from r1data.training.rewards import Rollout, reward, score
from r1data.verifiers.judge import answers
from r1data.verifiers.judge.agreement import counts, of
from r1data.verifiers.judge.asking import AnswerCache, JudgeModel, JudgeSettings, default_folder
from r1data.verifiers.judge.judge import Judge
from r1data.verifiers.judge.pairs import AnswerPair, compare
from r1data.verifiers.registry import check, check_all
from r1data.verifiers.verdict import Case
from tests.verifiers.judge.fakes import TOKENIZER, Scripted, judge, said

CASE = Case("<think>so</think>8", "8", "1+7?")


def verdict_of(*votes: str | Completion, **settings: object) -> tuple[str, float | None]:
    engine = Scripted(lambda number, prompt: votes[number])
    (verdict,) = judge(engine, votes=len(votes), **settings)([CASE], 5.0)
    assert verdict.measures == {"votes": len(votes), "for": votes.count(YES)}
    return verdict.verdict, verdict.score


def failed(timed_out: bool = False) -> Completion:
    return Completion("", [], "error", 1, 0, "500: broken", timed_out)


YES, NO, HM = said("correct"), said("incorrect"), "I am not sure."


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([YES], "correct"),
        ([NO], "incorrect"),
        ([HM], "unverifiable"),
        ([YES, NO], "unverifiable"),
        ([YES, YES, NO], "correct"),
        ([NO, YES, NO], "incorrect"),
        ([YES, YES, HM], "correct"),
        ([YES, HM, HM], "unverifiable"),
        ([YES, NO, HM], "unverifiable"),
        ([failed()], "error"),
        ([failed(timed_out=True)], "timeout"),
        ([failed(timed_out=True), failed()], "error"),
        ([YES, failed(timed_out=True)], "timeout"),
        ([YES, YES, failed()], "correct"),
    ],
)
def test_more_than_half_of_the_votes_decide(votes: list[str | Completion], expected: str) -> None:
    score = {"correct": 1.0, "incorrect": 0.0}.get(expected)
    assert verdict_of(*votes) == (expected, score)


def test_a_threshold_wants_more_of_them() -> None:
    assert verdict_of(YES, YES, YES, NO, threshold=0.75)[0] == "correct"
    assert verdict_of(YES, YES, YES, NO, threshold=0.8)[0] == "unverifiable"


@pytest.mark.parametrize(
    "case",
    [
        Case("8", None, "q"),
        Case("8", " ", "q"),
        Case("<think>8", "8", "q"),
        Case("<think>8</think> ", "8", "q"),
        Case("8", "8" * 9000, "q"),
    ],
)
def test_what_cannot_be_judged_is_not_asked_about(case: Case) -> None:
    engine = Scripted(lambda number, prompt: YES)
    verdicts = judge(engine)([case, CASE], 5.0)
    assert [one.verdict for one in verdicts] == ["unverifiable", "correct"]
    assert len(engine.asked) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "correct",
        '{"correctness": "correct"}',
        '{"analysis": "a", "correctness": "Correct"}',
        '{"analysis": "a", "correctness": "correct", "more": 1}',
        '{"analysis": "a", "correctness": "incorrect", "correctness": "correct"}',
        '{"analysis": ["a"], "correctness": "correct"}',
        '{"analysis": "a", "correctness": ["correct"]}',
        YES + NO,
        YES + " so it is correct",
        "so: " + YES,
        "<think>" + YES,
        YES[:-1],
        "[" * 100_000,
        '{"analysis":' + "[" * 100_000,
        '{"analysis": ' + "1" * 10_000 + "}",
        said("correct", "a" * 200_000),
    ],
)
def test_a_reply_that_is_not_exactly_one_such_object_is_none(text: str) -> None:
    assert answers.verdict(text) is None


@pytest.mark.parametrize(
    "text",
    [
        YES,
        f" {YES}\n",
        f"<think>hm {NO}</think>\n{YES}",
        f"```json\n{YES}\n```",
        YES.replace("because", "</think>\x15"),
    ],
)
def test_thoughts_blanks_and_a_code_fence_around_it_do_not_matter(text: str) -> None:
    answer = answers.verdict(text)
    assert answer is not None and answer[0] == "correct"


def test_each_vote_has_a_seed_of_its_own_and_none_depends_on_other_rows() -> None:
    cases = [CASE, Case("9", "8", "1+7?")]
    engine, other = Scripted(lambda n, p: YES), Scripted(lambda n, p: YES)
    judge(engine, votes=3)(cases, 5.0)
    judge(other, votes=3)(cases[::-1], 5.0)
    seeds = [request.seed for request in engine.asked]
    assert len(set(seeds)) == 6
    assert {request.seed for request in other.asked} == set(seeds)


def test_equal_rows_are_asked_about_once() -> None:
    engine = Scripted(lambda n, p: YES)
    verdicts = judge(engine)([CASE] * 5, 5.0)
    assert [one.verdict for one in verdicts] == ["correct"] * 5 and len(engine.asked) == 1


def test_a_judge_without_a_tokenizer_gets_messages() -> None:
    engine = Scripted(lambda n, p: YES)
    judge(engine, tokenizer=None)([CASE], 5.0)
    assert not engine.asked[0].token_ids and "1+7?" in engine.asked[0].messages[0].content


def test_a_judge_whose_template_opens_the_thoughts_may_think_first() -> None:
    from tests.served import CHAT, byte_tokenizer

    thinking = byte_tokenizer()
    thinking.chat_template = CHAT + "{{ '<think>\n' }}"
    engine = Scripted(lambda n, p: f"8 is 8</think>{YES}")
    (verdict,) = judge(engine, tokenizer=thinking)([CASE], 5.0)
    assert verdict.verdict == "correct" and engine.asked[0].schema is None


def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    engine = Scripted(lambda n, p: YES)
    for _ in range(2):
        judge(engine, votes=2, cache=AnswerCache(tmp_path))([CASE], 5.0)
    assert len(engine.asked) == 2
    judge(engine, votes=2, cache=AnswerCache(tmp_path), seed=1)([CASE], 5.0)
    assert len(engine.asked) == 4


def test_a_failed_answer_is_asked_again(tmp_path: Path) -> None:
    engine = Scripted(lambda n, p: YES if n else failed())
    words = [judge(engine, cache=AnswerCache(tmp_path))([CASE], 5.0)[0].verdict for _ in range(2)]
    assert words == ["error", "correct"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[1]", b'{"text": "', b"\xff\xfe", b'{"text": 1, "finish_reason": "stop"}', b"[" * 100_000],
)
def test_a_broken_entry_is_no_entry(tmp_path: Path, content: bytes) -> None:
    engine = Scripted(lambda n, p: YES)
    judge(engine, cache=AnswerCache(tmp_path))([CASE], 5.0)
    (entry,) = tmp_path.rglob("*.json")
    entry.write_bytes(content)
    assert judge(engine, cache=AnswerCache(tmp_path))([CASE], 5.0)[0].verdict == "correct"
    assert len(engine.asked) == 2 and entry.read_bytes().startswith(b'{"text"')


def test_a_cache_that_cannot_be_written_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    engine = Scripted(lambda n, p: YES)
    verdicts = judge(engine, votes=3, cache=AnswerCache(tmp_path / "file"))([CASE], 5.0)
    assert verdicts[0].verdict == "correct"
    assert capsys.readouterr().err.count("not kept") == 1


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1_CACHE", "/somewhere")
    assert default_folder() == Path("/somewhere/judge")


def test_without_a_judge_nothing_is_decided() -> None:
    verdict = check("judge", "8", "8", prompt="q")
    assert verdict.verdict == "unverifiable" and "--judge" in (verdict.reason or "")


def test_a_judge_stands_in_by_name_and_one_that_is_gone_is_an_error() -> None:
    good, gone = judge(Scripted(lambda n, p: YES)), Judge(JudgeSettings("nowhere", engine="transformers"))
    ask = lambda one: check_all(["judge"], ["8"], ["8"], ["q"], overrides={"judge": one.verifier})[0]  # noqa: E731
    assert ask(good).verdict == "correct"
    assert ask(gone).verdict == "error" and "nowhere" in (ask(gone).reason or "")


def test_a_judge_can_be_sent_to_a_process() -> None:
    configured = Judge(JudgeSettings("fake", votes=3))
    assert pickle.loads(pickle.dumps(configured)) == configured


@pytest.mark.parametrize("wrong", [{"votes": 0}, {"threshold": 2.0}, {"temperature": -1.0}])
def test_settings_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UserError):
        JudgeSettings("fake", **wrong)  # type: ignore[arg-type]


def test_a_judge_that_prefers_a_place_prefers_nobody() -> None:
    def says(number: int, prompt: str) -> str:
        return '{"analysis": "first!", "first": 9, "second": 3}'

    settings = JudgeSettings("fake", votes=4)
    (comparison,) = compare(
        [AnswerPair("q", "good", "bad")], settings, JudgeModel(Scripted(says), TOKENIZER, "fake")
    )
    assert (comparison.a, comparison.b, comparison.gap, comparison.votes) == (6.0, 6.0, 0.0, 4)


def test_scores_go_to_the_answer_wherever_it_stood() -> None:
    def says(number: int, prompt: str) -> str:
        first = prompt.index("\ngood\n") < prompt.index("\nbad\n")
        return f'{{"analysis": "", "first": {8 if first else 2}, "second": {2 if first else 8}}}'

    settings = JudgeSettings("fake", votes=4)
    comparisons = compare(
        [AnswerPair("q", "good", "bad"), AnswerPair("q", "bad", "good")],
        settings,
        JudgeModel(Scripted(says), TOKENIZER, "f"),
    )
    assert [one.gap for one in comparisons] == [6.0, -6.0]


@pytest.mark.parametrize(
    "text", [HM, '{"analysis": "", "first": 11, "second": 1}', '{"analysis": "", "first": true, "second": 1}']
)
def test_scores_that_cannot_be_read_are_none(text: str) -> None:
    settings = JudgeSettings("fake", votes=2)
    (comparison,) = compare(
        [AnswerPair("q", "a", "b")], settings, JudgeModel(Scripted(lambda n, p: text), TOKENIZER, "f")
    )
    assert comparison.gap is None and comparison.votes == 0


def test_agreement_is_cohen_s_and_wilson_s() -> None:
    """The example of Cohen's kappa with 20, 5, 10, 15; Wilson's interval for 35 of 50 from R's binom.wilson."""
    pairs = [("correct", "correct")] * 20 + [("correct", "incorrect")] * 5
    pairs += (
        [("incorrect", "correct")] * 10 + [("incorrect", "incorrect")] * 15 + [("correct", "unverifiable")]
    )
    agreement = of(counts(pairs))
    assert agreement is not None and agreement.both == 50
    assert agreement.kappa == pytest.approx(0.4) and agreement.share == pytest.approx(0.7)
    assert agreement.interval == pytest.approx((0.5625, 0.8090), abs=1e-4)
    assert of({}) is None


def test_agreement_without_variation_has_no_kappa() -> None:
    agreement = of(counts([("correct", "correct")]))
    assert agreement is not None and agreement.kappa is None and agreement.share == 1.0


def test_rewards_ask_a_judge_and_a_judge_that_failed_is_no_reward() -> None:
    rollouts = [Rollout("1+7?", f"<think>so</think>{n}", "8", "judge") for n in (8, 9, 10)]
    votes = [YES, NO, failed()]
    scored = score(rollouts, overrides={"judge": judge(Scripted(lambda n, p: votes[n])).verifier})
    assert reward(scored, ["accuracy"]) == {"accuracy": [1.0, 0.0, None]}
