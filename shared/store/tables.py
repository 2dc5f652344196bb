"""Every table, so that metadata is whole wherever this is imported."""

from shared.store.adjustments import (
    Adjustment,
    AdjustmentFile,
    AdjustmentRow,
    Export,
    ExportFile,
    ExportLease,
    ExportVoucher,
)
from shared.store.base import Base
from shared.store.connections import Authorization, Connection, TenantPace
from shared.store.engagements import Client, Engagement
from shared.store.firms import ApiKey, AuditEntry, Firm
from shared.store.imports import Import
from shared.store.ledger import (
    AccountFact,
    AccountMonth,
    BalanceFact,
    FinancialYearFact,
    PeriodSumFact,
    VoucherFact,
    VoucherRowFact,
    YearReadingFact,
)
from shared.store.messages import DeadLetter, InboxMessage, OutboxMessage
from shared.store.registers import DimensionFact, LockFact, ObjectFact, PredefinedAccountFact, SeriesFact
from shared.store.schedules import Schedule, ScheduleItem, ScheduleSignOff
from shared.store.subledger import DocumentFact, PaymentFact, SubledgerReading
from shared.store.uploads import Upload, UploadPart

__all__ = [
    "AccountFact",
    "AccountMonth",
    "Adjustment",
    "AdjustmentFile",
    "AdjustmentRow",
    "ApiKey",
    "AuditEntry",
    "Authorization",
    "BalanceFact",
    "Base",
    "Client",
    "Connection",
    "DeadLetter",
    "DimensionFact",
    "DocumentFact",
    "Engagement",
    "Export",
    "ExportFile",
    "ExportLease",
    "ExportVoucher",
    "FinancialYearFact",
    "Firm",
    "Import",
    "InboxMessage",
    "LockFact",
    "ObjectFact",
    "OutboxMessage",
    "PaymentFact",
    "PeriodSumFact",
    "PredefinedAccountFact",
    "Schedule",
    "ScheduleItem",
    "ScheduleSignOff",
    "SeriesFact",
    "SubledgerReading",
    "TenantPace",
    "Upload",
    "UploadPart",
    "VoucherFact",
    "VoucherRowFact",
    "YearReadingFact",
]
