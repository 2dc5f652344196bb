from __future__ import annotations

from datetime import date

import pytest

from services.importer.sie import Account, Dimension, Year, read_sie
from tests.unit.sie.specimens import HEAD, read, reasons, refusal_of, sie_bytes, voucher


def test_the_identification_is_read() -> None:
    file = read("#ORGNR 556000-0001", "#RAR -1 20221001 20231231", "#VALUTA EUR")
    assert (file.flag, file.program, file.version, file.sie_type) == (0, "Prov", "1.0", 4)
    assert (file.generated, file.company_name, file.organisation_number) == (
        date(2024, 6, 1),
        "Åkeriet i Växjö AB",
        "556000-0001",
    )
    assert file.currency == "EUR"
    assert file.years == {
        0: Year(date(2024, 1, 1), date(2024, 12, 31)),
        -1: Year(date(2022, 10, 1), date(2023, 12, 31)),
    }


def test_amounts_are_swedish_kronor_unless_the_file_says_otherwise() -> None:
    assert read().currency == "SEK"


def test_an_already_imported_file_is_read_with_its_flag() -> None:
    assert read_sie(sie_bytes(head=("#FLAGGA 1", *HEAD[1:]))).flag == 1


@pytest.mark.parametrize("written", ["1", "2", "3", "4"])
def test_types_one_to_four_are_read(written: str) -> None:
    file = read_sie(sie_bytes(head=("#FLAGGA 0", f"#SIETYP {written}")))
    assert file.sie_type == int(written)


def test_a_file_without_a_type_is_of_type_one() -> None:
    assert read_sie(b"#FLAGGA 0\n").variant == "1"


def test_export_and_import_files_both_say_four_and_are_told_apart_by_their_balances() -> None:
    assert (read("#UB 0 1910 5").variant, read().variant) == ("4E", "4I")


@pytest.mark.parametrize(
    "post", ["#ORGNR", "#KTYP 1910", "#SRU 1910", "#RAR -1", '#RAR -1 "" ""', '#FNAMN ""', "#VALUTA"]
)
def test_posts_that_programs_write_without_their_value_are_reported(post: str) -> None:
    head = tuple(line for line in HEAD if not line.startswith("#FNAMN"))
    file = read_sie(sie_bytes("#KONTO 1910 Kassa", "#FNAMN X" if "FNAMN" not in post else "", post, head=head))
    assert [fault.label for fault in file.faults] == [post.split(maxsplit=1)[0]]


def test_accounts_have_name_type_and_every_sru_code_in_any_order() -> None:
    file = read("#SRU 0099 7201", "#KTYP 0099 T", "#KONTO 0099 Kassa", '#SRU 0099 "7202"', '#KONTO 3001 ""')
    assert file.accounts == {
        "0099": Account("0099", "Kassa", "T", ("7201", "7202")),
        "3001": Account("3001", "", None, ()),
    }
    assert file.faults == []


def test_an_account_named_twice_keeps_the_later_name_and_is_reported() -> None:
    file = read("#KONTO 3010 Ett", "#KONTO 3010 Ett", "#KONTO 3010 Två")
    assert (file.accounts["3010"].name, len(file.faults)) == ("Två", 1)


def test_types_and_codes_of_accounts_that_nothing_names_are_reported() -> None:
    assert reasons(read("#KTYP 1910 T", "#SRU 1910 7201")) == ["no #KONTO names account 1910"] * 2


def test_a_broken_quote_in_an_account_name_is_reported_and_the_file_is_taken() -> None:
    file = read('#KONTO 1684 "Fordringar hos leverant"r"')
    assert file.accounts["1684"].name == 'Fordringar hos leverant"r'
    assert [(fault.line, fault.label) for fault in file.faults] == [(8, "#KONTO")]


def test_dimensions_and_objects_are_read_and_need_no_declaration() -> None:
    file = read(
        '#DIM 1 "Kostnadsställe"', '#UNDERDIM 21 "Under" 1', '#OBJEKT 1 "Nord 1" "Norra"', "#OBJEKT 6 P1 Projekt"
    )
    assert file.dimensions == {"1": Dimension("1", "Kostnadsställe", None), "21": Dimension("21", "Under", "1")}
    assert file.objects == {("1", "Nord 1"): "Norra", ("6", "P1"): "Projekt"}


def test_balances_are_kept_by_kind_and_year() -> None:
    file = read("#IB 0 1910 100.5 0", "#IB -1 1910 50", "#UB -3 1910 -1", '#RES "0" "3001" "-7.25"')
    assert file.balances == {
        ("IB", 0): {"1910": 10050},
        ("IB", -1): {"1910": 5000},
        ("UB", -3): {"1910": -100},
        ("RES", 0): {"3001": -725},
    }


def test_object_and_period_balances_keep_their_objects() -> None:
    file = read(
        '#OIB 0 1910 {1 "Nord"} 5 2',
        "#OUB 0 1910 {1 Nord} 6",
        "#PSALDO 0 202401 1930 {} 68910.2 0",
        '#PSALDO 0 202401 1930 {6 "P1"} 10 0',
    )
    assert file.object_balances == {
        ("OIB", 0): {("1910", (("1", "Nord"),)): 500},
        ("OUB", 0): {("1910", (("1", "Nord"),)): 600},
    }
    assert file.period_balances == {(0, "202401", "1930", ()): 6891020, (0, "202401", "1930", (("6", "P1"),)): 1000}


@pytest.mark.parametrize(
    "post",
    ["#IB 0 1910 5", "#RES 0 3001 5", "#OUB 0 1910 {1 a} 5", "#PSALDO 0 202401 1910 {} 5", "#RAR -1 20230101 20231231"],
)
def test_a_repeated_figure_is_reported_and_a_contradicting_one_refuses_the_file(post: str) -> None:
    other = post.replace(" 5", " 6").replace("20231231", "20231130")
    assert reasons(read(post, post)) == ["it repeats an earlier line"]
    refused = refusal_of(sie_bytes(post, other))
    assert (refused.code, refused.line) == ("sie-contradiction", 9)


@pytest.mark.parametrize("post", ["#ORGNR 556000-0002", "#SIETYP 3", '#FNAMN "Ett annat AB"', "#FLAGGA 1"])
def test_two_files_in_one_are_refused(post: str) -> None:
    assert refusal_of(sie_bytes("#ORGNR 556000-0001", post)).code == "sie-contradiction"


def test_an_organisation_number_may_be_spelled_in_two_ways() -> None:
    file = read("#ORGNR 556000-0001", "#ORGNR 5560000001")
    assert (file.organisation_number, file.faults) == ("5560000001", [])


def test_unknown_labels_are_left_out_and_named_once() -> None:
    file = read("#MOMSKOD 1 2", "#MOMSKOD 3 4", *voucher("#NYRAD {} 5", "#TRANS 1910 {} 0"))
    assert [(fault.line, fault.label) for fault in file.faults] == [(8, "#MOMSKOD"), (12, "#NYRAD")]
    assert len(file.vouchers[0].rows) == 1


def test_known_posts_that_nothing_here_needs_are_left_out_in_silence() -> None:
    posts = (
        "#PROSA x",
        "#FNR 1",
        "#FTYP AB",
        "#ADRESS a b c d ",
        "#BKOD 1",
        "#TAXAR 2025",
        "#KPTYP EUBAS97",
        "#OMFATTN 19700101",
    )
    assert read(*posts, "#ENHET 1910 st", "#PBUDGET 0 202401 1910 {} 5").faults == []


def test_extra_fields_at_the_end_are_ignored() -> None:
    file = read("#IB 0 1910 5 0 framtida {1 2} fält", "#KONTO 1910 Kassa mer")
    assert (file.balances["IB", 0], file.accounts["1910"].name) == ({"1910": 500}, "Kassa")


def test_posts_come_in_any_order() -> None:
    assert read_sie(sie_bytes(*reversed(HEAD[1:]), *voucher(), head=HEAD[:1])).years == read().years


def test_missing_mandatory_posts_are_reported() -> None:
    file = read_sie(b"#FLAGGA 0\n#SIETYP 4\n")
    assert reasons(file) == ["mandatory posts are missing: #FORMAT #PROGRAM #GEN #FNAMN"]


@pytest.mark.parametrize("post", ["#FLAGGA 7", "#GEN 2024-06-01"])
def test_figures_that_nothing_is_computed_from_are_reported_when_unreadable(post: str) -> None:
    head = tuple(line for line in HEAD if line.split()[0] != post.split(maxsplit=1)[0])
    file = read_sie(sie_bytes(head=("#PROSA först", *head, post)))
    assert [fault.label for fault in file.faults] == [post.split(maxsplit=1)[0]]
