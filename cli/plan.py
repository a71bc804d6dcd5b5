"""`r1 plan`: from a pilot to the whole set of a recipe: what it will yield, what will be missing, what it takes."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from r1data.errors import UserError

from . import blocks, console
from .options import InputPriceOption, JsonOption, OutputPriceOption, parse_domain_counts

if TYPE_CHECKING:
    from r1data.recipe.forecast.domains import Domain
    from r1data.recipe.forecast.forecast import Forecast, Machine
    from r1data.recipe.forecast.intervals import Interval
    from r1data.recipe.forecast.steps import BuildPath, ForecastStep
    from r1data.recipe.plan import PlannedStep, RecipePlan

RecipeArgument = Annotated[
    str,
    typer.Argument(
        metavar="RECIPE", help="A recipe's file, or the name of one that ships with r1.", show_default=False
    ),
]
PilotsOption = Annotated[
    list[str],
    typer.Option(
        "--pilot",
        metavar="DS",
        help="Samples of some hundred prompts, verified and filtered or not; repeat.",
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="STEP.OPTION=VALUE",
        help="Override a value of the recipe; also seed, vars.NAME, inputs.NAME; repeat.",
    ),
]
BuildOption = Annotated[
    str | None,
    typer.Option("--build", metavar="STEP", help="The build step to forecast. [default: the last]"),
]
PromptsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--prompts",
        metavar="DOMAIN=COUNT",
        help="Prompts of a domain, where the recipe's input is not there yet to be counted; repeat.",
    ),
]
SpeedOption = Annotated[
    float | None,
    typer.Option(
        "--tokens-per-second",
        min=0.001,
        help="Response tokens per second and GPU. [default: what the pilot's sampling recorded]",
    ),
]
PilotGpusOption = Annotated[
    int | None,
    typer.Option(
        "--pilot-gpus",
        min=1,
        help="GPUs that the pilot was sampled with. [default: the step's --tensor-parallel]",
    ),
]
GpusOption = Annotated[
    int | None,
    typer.Option(
        "--gpus",
        min=1,
        help="GPUs used at once. [default: the recipe's variable gpus, or its step's options]",
    ),
]
PerHourOption = Annotated[
    float | None,
    typer.Option("--price-per-gpu-hour", min=0, help="Price of one GPU for an hour.", show_default=False),
]
ConfidenceOption = Annotated[float, typer.Option("--confidence", help="Confidence level of the intervals.")]


def command(
    recipe: RecipeArgument,
    pilot: PilotsOption,
    set: SetOption = None,
    build: BuildOption = None,
    prompts: PromptsOption = None,
    tokens_per_second: SpeedOption = None,
    pilot_gpus: PilotGpusOption = None,
    gpus: GpusOption = None,
    price_per_gpu_hour: PerHourOption = None,
    output_token_price: OutputPriceOption = None,
    input_token_price: InputPriceOption = None,
    confidence: ConfidenceOption = 0.95,
    json: JsonOption = False,
) -> None:
    """Forecast yield, tokens, GPU hours and cost of a recipe's set from a pilot; nothing is written.

    r1 plan r1-800k --pilot pilot --price-per-gpu-hour 2

    r1 plan recipes/r1-800k.yaml --pilot verified --prompts math=200000 --output-token-price 2
    """
    from r1data.data.source import open_source
    from r1data.recipe.forecast.forecast import Machine, make_forecast
    from r1data.recipe.forecast.steps import build_of, build_path
    from r1data.sampling.plan import Prices
    from r1data.selection.mixture import preset

    if price_per_gpu_hour is not None and (output_token_price, input_token_price) != (None, None):
        raise UserError("--price-per-gpu-hour and --output-token-price: two ways to pay; give one of them")
    recipe_plan = _recipe_plan(recipe, set or [])
    steps = [_step(each) for each in recipe_plan.steps]
    target = build_of(steps, build)
    options = target.options
    quotas = {
        **(preset(options["preset"], options["scale"]) if options["preset"] else {}),
        **parse_domain_counts(options["quota"] or [], "--quota"),
    }
    path = build_path(target, steps, quotas)
    gpu_count = gpus or _gpus(recipe_plan, path.branch.sampling)
    prices = Prices(output_token_price, input_token_price)
    result = make_forecast(
        path,
        [open_source(uri) for uri in pilot],
        prompts=parse_domain_counts(prompts or [], "--prompts"),
        machine=Machine(tokens_per_second, gpu_count, price_per_gpu_hour, prices),
        pilot_gpus=pilot_gpus or int(path.branch.sampling["tensor_parallel"]),
        confidence=confidence,
    )
    if json:
        console.show(
            {"recipe": recipe_plan.recipe.name, **result.as_json()}, as_json=True, data_command=False
        )
        return
    _show(recipe_plan.recipe.name, result)


def _recipe_plan(recipe: str, overrides: list[str]) -> "RecipePlan":
    from r1data.recipe.plan import build

    from . import app
    from .run import load_recipe
    from .signatures import signatures

    loaded = load_recipe(recipe, overrides)
    commands = {n: c for n, c in signatures(app).items() if c.output_kind != "nothing"}
    return build(loaded, commands, Path(f"runs/{loaded.name}"), loaded.seed)


def _step(step: "PlannedStep") -> "ForecastStep":
    """A step with its options as the command itself reads them."""
    import typer.main

    from r1data.recipe.forecast.steps import ForecastStep

    from . import app

    # Parsed by the command itself and not run, so that defaults and types are its own.
    result: Any = typer.main.get_command(app)
    words = list(step.arguments)
    for name in step.command.split():
        result, words = result.commands[name], words[1:]
    options = result.make_context(step.command, words).params
    inputs = options.get("source") or ()
    sources = (inputs,) if isinstance(inputs, str) else tuple(inputs)
    return ForecastStep(step.name, step.command, options, sources, str(step.output))


def _gpus(plan: "RecipePlan", sampling: Mapping[str, Any]) -> int:
    """GPUs that the recipe samples with."""
    variable = getattr(plan.recipe.vars.get("gpus"), "text", "")
    least = int(sampling["tensor_parallel"]) * int(sampling["workers"] or 1)
    return max(int(variable), least) if variable.isdecimal() else least


def _show(recipe: str, result: "Forecast") -> None:
    """Tables of what comes out and what it takes, sentences, and what they rest on."""
    path = result.path
    cap = f", at most {path.max_per_prompt} of a prompt" if path.max_per_prompt else ""
    console.say(
        f"{recipe}, {path.build}: {path.branch.n} samples a prompt{cap}; {result.confidence:.0%} intervals"
    )
    _tables(result)
    if path.quotas or result.missing:
        blocks.title("Missing")
    for sentence in result.missing or (["nothing"] if path.quotas else []):
        blocks.wrapped(sentence, first="  ")
    blocks.title("What this rests on")
    for note in result.notes:
        blocks.wrapped(note, first="  ")


def _tables(result: "Forecast") -> None:
    """What comes out, what it takes, and what filling the quotas takes."""
    path = result.path
    forecast_domains = [domain for domain in result.domains if domain.unknown is None]
    whole = "total" if len(forecast_domains) == len(result.domains) else "of these"
    yields = {
        _with_quota(domain.name, domain.quota): _yield(domain.prompts, domain.whole, path)
        for domain in forecast_domains
    }
    if len(forecast_domains) > 1:
        quotas = [domain.quota for domain in forecast_domains if domain.quota is not None]
        yields[_with_quota(whole, sum(quotas) if len(quotas) == len(forecast_domains) else None)] = _yield(
            sum(domain.prompts or 0 for domain in forecast_domains), result.total["whole"], path
        )
    console.print_table("domain\nquota", yields)
    rows = {
        domain.name: _resources(domain.whole, result.machine)
        for domain in forecast_domains
        if "samples" in domain.whole
    }
    if rows:
        blocks.title("Sampling the prompts there are takes")
        more = {whole: _resources(result.total["whole"], result.machine)} if len(rows) > 1 else {}
        console.print_table("domain", {**rows, **more})
    filled = {domain.name: _needed(domain) for domain in forecast_domains if domain.to_fill}
    if filled:
        blocks.title("To fill the quotas takes")
        console.print_table("domain", filled)


def _with_quota(name: str, quota: int | None) -> str:
    return name if quota is None else f"{name}\n{_short(quota)}"


def _yield(prompts: int | None, figures: "Mapping[str, Interval]", path: "BuildPath") -> dict[str, str]:
    samples = figures.get("samples")
    names = ["correct", "kept", *(["selected"] if path.max_per_prompt else []), "in_set", "missing"]
    return {
        "prompts\nsamples": "–" if samples is None else f"{_short(prompts or 0)}\n{_short(samples.value)}",
        **{name.replace("in_set", "in the set"): _cell(figures.get(name)) for name in names},
    }


def _resources(figures: "Mapping[str, Interval]", machine: "Machine") -> dict[str, str]:
    names = {"prompt_tokens": "tokens in", "response_tokens": "tokens out", "gpu_hours": "GPU hours"}
    return {title: _cell(figures.get(name)) for name, title in {**names, "cost": "cost"}.items()} | {
        f"hours on {machine.gpus}": _cell(figures.get("hours"))
    }


def _needed(domain: "Domain") -> dict[str, str]:
    names = {"prompts": "prompts", "more_prompts": "more prompts", "samples": "samples"}
    more = {"response_tokens": "tokens out", "gpu_hours": "GPU hours", "cost": "cost"}
    return {title: _cell(domain.to_fill.get(name)) for name, title in {**names, **more}.items()}


def _cell(interval: "Interval | None") -> str:
    """A figure, and its interval in a line below."""
    if interval is None:
        return "–"
    value, low, high = (_short(figure) for figure in (interval.value, interval.low, interval.high))
    if low == value == high:
        return value
    # A unit that both ends share is written once: 1.2–3.4k.
    same = low[-1] == high[-1] and low[-1] in UNITS
    return f"{value}\n{low[:-1] if same else low}–{high}"


UNITS = {"T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3}


def _short(figure: float) -> str:
    """Three digits and a unit."""
    if math.isinf(figure):
        return "∞"
    # What three digits round up to a unit is written in it: 999,600 is 1.00M, not 1000k.
    for unit, size in UNITS.items():
        if figure >= size * 0.9995:
            return f"{figure / size:#.3g}".rstrip(".") + unit
    return f"{figure:.0f}" if figure >= 100 or figure == round(figure) else f"{figure:.2g}"
