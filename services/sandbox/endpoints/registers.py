"""Cost centres, projects, customers, suppliers."""

from __future__ import annotations

from services.sandbox.call import Call, endpoint
from services.sandbox.company import CostCenter, Party, Project
from services.sandbox.errors import FortnoxError, placeholder
from services.sandbox.lists import Filters, filtered, listing, ordered, searched
from services.sandbox.records.ledger import cost_center, project_item, project_single
from services.sandbox.records.payables import supplier_item, supplier_single
from services.sandbox.records.receivables import customer_item, customer_single
from services.sandbox.wire import Answer, json_answer

# Nobody is ever inactive in a company of ours.
PARTY_FILTERS: Filters[Party] = {"active": lambda _: True, "inactive": lambda _: False}
PARTY_FIELDS = {
    "name": lambda party: party.name,
    "city": lambda party: party.city,
    "organisationnumber": lambda party: party.organisation_number,
}
# Known to Fortnox, empty in every company of ours.
EMPTY_CUSTOMER_FIELDS = ("zipcode", "email", "phone", "gln", "glndelivery")


def cost_centers(call: Call) -> Answer:
    paged = not call.state.switches.dimensions_ignore_page
    found = ordered(call, call.company.cost_centers.values(), {"code": _code}, _code)
    return listing(call, "CostCenters", found, cost_center, paged=paged)


def cost_center_single(call: Call) -> Answer:
    found = call.company.cost_centers.get(call.args["code"])
    if found is None:
        raise placeholder("cost_center_unknown", status=404)
    return json_answer({"CostCenter": cost_center(found)})


def projects(call: Call) -> Answer:
    paged = not call.state.switches.dimensions_ignore_page
    found = ordered(call, call.company.projects.values(), {"projectnumber": _project_number}, _project_number)
    return listing(call, "Projects", found, project_item, paged=paged)


def project(call: Call) -> Answer:
    found = call.company.projects.get(call.args["number"])
    if found is None:
        raise FortnoxError(2001161, "Kan inte hitta projektet.", status=404)
    return json_answer({"Project": project_single(found)})


def customers(call: Call) -> Answer:
    fields = {**PARTY_FIELDS, "customernumber": _party_number, **dict.fromkeys(EMPTY_CUSTOMER_FIELDS, _nothing)}
    found = searched(call, _parties(call, call.company.customers, "customer"), fields)
    keys = {"customernumber": _party_order, "name": _party_name}
    return listing(call, "Customers", ordered(call, found, keys, _party_order), customer_item)


def customer(call: Call) -> Answer:
    found = call.company.customers.get(call.args["number"])
    if found is None:
        raise FortnoxError(2000433, "Kan inte hitta kunden.", status=404)
    return json_answer({"Customer": customer_single(found)})


def suppliers(call: Call) -> Answer:
    found = _parties(call, call.company.suppliers, "supplier")
    keys = {"suppliernumber": _party_order, "name": _party_name}
    return listing(call, "Suppliers", ordered(call, found, keys, _party_order), supplier_item)


def supplier(call: Call) -> Answer:
    found = call.company.suppliers.get(call.args["number"])
    if found is None:
        raise placeholder("supplier_not_found", status=404)
    return json_answer({"Supplier": supplier_single(found)})


def _parties(call: Call, register: dict[str, Party], kind: str) -> list[Party]:
    since = call.since()
    found = filtered(call, register.values(), PARTY_FILTERS)
    return [party for party in found if since is None or call.tenant.modified(kind, party.number) >= since]


def _code(center: CostCenter) -> str:
    return center.code


def _project_number(item: Project) -> str:
    return item.number


def _party_number(party: Party) -> str:
    return party.number


def _party_order(party: Party) -> tuple[int, str]:
    return len(party.number), party.number


def _party_name(party: Party) -> str:
    return party.name


def _nothing(_party: Party) -> str:
    return ""


ENDPOINTS = [
    endpoint("GET", "costcenters", "costcenter", cost_centers, listing=True),
    endpoint("GET", "costcenters/{code}", "costcenter", cost_center_single),
    endpoint("GET", "projects", "project", projects, listing=True),
    endpoint("GET", "projects/{number}", "project", project),
    endpoint(
        "GET", "customers", "customer", customers, "customernumber", *PARTY_FIELDS, *EMPTY_CUSTOMER_FIELDS, listing=True
    ),
    endpoint("GET", "customers/{number}", "customer", customer),
    endpoint("GET", "suppliers", "supplier", suppliers, listing=True),
    endpoint("GET", "suppliers/{number}", "supplier", supplier),
]
