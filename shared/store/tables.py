"""Every table, so that metadata is whole wherever this is imported."""

from shared.store.adjustments import Adjustment, AdjustmentRow, Export, ExportLease, ExportVoucher
from shared.store.base import Base
from shared.store.connections import Authorization, Connection, TenantPace
from shared.store.engagements import Client, Engagement
from shared.store.firms import ApiKey, AuditEntry, Firm
from shared.store.imports import Import
from shared.store.ledger import AccountFact, BalanceFact, FinancialYearFact, VoucherFact, VoucherRowFact
from shared.store.messages import DeadLetter, InboxMessage, OutboxMessage
from shared.store.schedules import Schedule, ScheduleItem
from shared.store.subledger import DocumentFact, PaymentFact

__all__ = [
    "AccountFact",
    "Adjustment",
    "AdjustmentRow",
    "ApiKey",
    "AuditEntry",
    "Authorization",
    "BalanceFact",
    "Base",
    "Client",
    "Connection",
    "DeadLetter",
    "DocumentFact",
    "Engagement",
    "Export",
    "ExportLease",
    "ExportVoucher",
    "FinancialYearFact",
    "Firm",
    "Import",
    "InboxMessage",
    "OutboxMessage",
    "PaymentFact",
    "Schedule",
    "ScheduleItem",
    "TenantPace",
    "VoucherFact",
    "VoucherRowFact",
]
