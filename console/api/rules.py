"""``/v1/rules``: rules that suggest themselves from what the store has, and rules that are added to the bundle."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from console.api.bodies import errors
from console.api.from_store import NO_STORE
from console.api.templates import Limit
from console.parts import Parts
from console.problems import Problem
from console.suggesting import NOBODY, accept, suggested_from_store
from pipeline.errors import BundleError, RuleError
from pipeline.rules import MAX_PATTERN_CHARS, Rule
from training.suggesting.accepting import NotChangedError
from training.suggesting.contradicting import ContradictedError
from training.suggesting.suggest import Wanted
from training.suggesting.suggestion import Suggestion

_Example = Annotated[str, Field(min_length=1, max_length=16_384)]
_Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
_ANSWERS = errors(
    s409="The bundle is not to be changed, or cannot be, or the corpus contradicts the rule; the sentence says which.",
    s503="The bundle cannot be read.",
)


class RuleBody(BaseModel):
    """A rule as rules.yaml has it."""

    model_config = ConfigDict(extra="forbid")

    name: _Name = Field(description="a name of its own")
    label: str = Field(max_length=200, description="a label of the bundle, not Unclassified")
    pattern: str = Field(
        min_length=1, max_length=MAX_PATTERN_CHARS, description="RE2, searched in the message"
    )
    match: list[_Example] = Field(min_length=1, max_length=20, description="messages that it must match")
    no_match: list[_Example] = Field([], max_length=20, description="messages that it must not match")
    source: str | None = Field(None, max_length=1_000, description="the only source that it is for")
    severity: str | None = Field(None, max_length=20, description="the only severity that it is for")

    def rule(self) -> Rule:
        """Return the rule."""
        return Rule(
            self.name,
            self.label,
            self.pattern,
            tuple(self.match),
            tuple(self.no_match),
            self.source,
            self.severity,
        )


class AddBody(RuleBody):
    """A rule that is to be added."""

    force: bool = Field(False, description="add it though rows of the corpus have another label")


class SuggestedRule(BaseModel):
    """A rule to look at, what it rests on, and what it would do. Events are those that the store has counted."""

    rule: RuleBody
    words: list[str] = Field(description="the words that its templates have in common")
    templates: int = Field(description="templates that it takes")
    events: int = Field(
        description="events it would decide that no rule decides yet, nor a suggestion before it"
    )
    events_a_day: float | None = Field(description="null where the store knows less than an hour")
    all_events: int = Field(description="all events that it takes")
    confidence: float = Field(description="mean confidence of the labels that it rests on; a person's is 1")
    corpus: int = Field(description="rows of the corpus that agree; none contradicts")
    sources: list[str]
    overlaps: dict[str, int] = Field(description="rules that decide some of its events now, and how many")
    changes: dict[str, int] = Field(description="labels that its events have now, and how many would change")


class SuggestionsOut(BaseModel):
    """Rules to look at: a person decides."""

    suggestions: list[SuggestedRule]


class AddedOut(BaseModel):
    """A rule that the bundle has now; services that watch its directory swap it in between two batches."""

    rule: str
    bundle: str
    digest: str


def rules_router(parts: Parts) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v1/rules", tags=["rules"])
    trusted = parts.settings.console.trusted_header

    @router.get("/suggestions", summary="Rules that suggest themselves", responses=NO_STORE)
    def suggested(
        limit: Limit = 20,
        min_confidence: Annotated[float, Query(ge=0, le=1)] = Wanted().confidence,
        min_events: Annotated[int, Query(ge=1, le=1 << 52)] = 2,
    ) -> SuggestionsOut:
        try:
            found = suggested_from_store(parts, Wanted(min_confidence, min_events, limit))
        except BundleError as error:
            raise Problem(503, str(error)) from error
        return SuggestionsOut(suggestions=[_out(each, found.days) for each in found.suggestions])

    @router.post("", summary="Add a rule to the bundle", responses=_ANSWERS)
    def add(body: AddBody, request: Request) -> AddedOut:
        author = request.headers.get(trusted, "") if trusted else ""
        try:
            bundle = accept(parts, body.rule(), author or NOBODY, force=body.force)
        except (NotChangedError, ContradictedError) as error:
            raise Problem(409, str(error)) from error
        except RuleError as error:
            raise Problem(422, str(error)) from error
        except BundleError as error:
            raise Problem(503, str(error)) from error
        return AddedOut(rule=body.name, bundle=bundle.version, digest=bundle.digest)

    return router


def _out(suggestion: Suggestion, days: float | None) -> SuggestedRule:
    rule = suggestion.rule
    return SuggestedRule(
        rule=RuleBody(
            name=rule.name,
            label=rule.label,
            pattern=rule.pattern,
            match=list(rule.match),
            no_match=list(rule.no_match),
        ),
        words=list(suggestion.words),
        templates=suggestion.templates,
        events=suggestion.events,
        events_a_day=None if days is None else round(suggestion.events / days, 1),
        all_events=suggestion.all_events,
        confidence=suggestion.confidence,
        corpus=suggestion.corpus,
        sources=list(suggestion.sources),
        overlaps=suggestion.overlaps,
        changes=suggestion.changes,
    )
