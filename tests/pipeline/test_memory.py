import pytest

from pipeline.memory import ANY_SOURCE, Remembered, VerdictMemory

MODEL = Remembered("Error", 0.7, "model")
PERSON = Remembered("User Action", 1.0, "person")


def test_a_verdict_is_for_its_template_and_source_alone() -> None:
    memory = VerdictMemory()
    assert memory.get("disk <num> full", "app") is None
    memory.put("disk <num> full", "app", MODEL)
    assert memory.get("disk <num> full", "app") == MODEL
    assert memory.get("disk <num> full", "") is None
    assert memory.get("disk full", "app") is None


@pytest.mark.parametrize("order", [(MODEL, PERSON), (PERSON, MODEL), (PERSON, MODEL, MODEL)])
def test_a_person_outranks_a_model_whoever_comes_first(order: tuple[Remembered, ...]) -> None:
    memory = VerdictMemory()
    for verdict in order:
        memory.put("t", "s", verdict)
    assert memory.get("t", "s") == PERSON


def test_the_last_word_of_equals_stands() -> None:
    memory = VerdictMemory()
    for verdict in (MODEL, Remembered("Security Alert", 0.9, "model")):
        memory.put("t", "s", verdict)
        assert memory.get("t", "s") == verdict
    for verdict in (PERSON, Remembered("Security Alert", 1.0, "person")):
        memory.put("t", "s", verdict)
        assert memory.get("t", "s") == verdict


def test_every_change_is_a_new_version() -> None:
    memory = VerdictMemory()
    versions = [memory.version]
    for verdict in (MODEL, PERSON, Remembered("Error", 0.8, "model")):
        memory.put("t", "s", verdict)
        memory.get("t", "s")
        versions.append(memory.version)
    memory.forget("t", "s", "person")
    versions.append(memory.version)
    assert len(set(versions)) == 5
    memory.put("t", "s", Remembered("Error", 0.8, "model"))
    assert memory.version == versions[-1]  # nothing new was said


def test_an_older_verdict_replaces_no_newer_one() -> None:
    memory = VerdictMemory()
    newer = Remembered("Error", 0.9, "model", at_ms=2)
    memory.put("t", "s", newer)
    memory.put("t", "s", Remembered("User Action", 0.9, "model", at_ms=1))
    assert memory.get("t", "s") == newer


def test_what_is_forgotten_gives_way_to_the_rank_below() -> None:
    memory = VerdictMemory()
    for verdict in (MODEL, PERSON):
        memory.put("t", "s", verdict)
    memory.forget("t", "s", "person")
    assert memory.get("t", "s") == MODEL
    memory.forget("t", "s", "model")
    assert memory.get("t", "s") is None


def test_a_person_may_speak_of_every_source() -> None:
    memory = VerdictMemory()
    memory.put("t", ANY_SOURCE, PERSON)
    memory.put("t", "s", MODEL)
    assert memory.get("t", "s") == memory.get("t", "another") == PERSON
    of_one = Remembered("Error", 1.0, "person")
    memory.put("t", "s", of_one)
    assert memory.get("t", "s") == of_one


def test_models_are_forgotten_and_people_never() -> None:
    memory = VerdictMemory(max_entries=10)
    memory.put("by a person", "s", PERSON)
    for number in range(100):
        memory.put(f"t{number}", "s", MODEL)
    assert memory.get("by a person", "s") == PERSON
    assert memory.get("t0", "s") is None
    assert memory.get("t99", "s") == MODEL
    assert len(memory) <= 11


def test_more_corrections_than_there_is_room_for_are_refused() -> None:
    memory = VerdictMemory(max_entries=2)
    memory.put("a", "s", PERSON)
    memory.put("b", "s", PERSON)
    memory.put("b", "s", PERSON)
    with pytest.raises(OverflowError, match="more than 2 corrections"):
        memory.put("c", "s", PERSON)
