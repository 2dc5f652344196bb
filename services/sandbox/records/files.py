"""Files, folders and their connections as JSON."""

from __future__ import annotations

from typing import Any

from services.sandbox.company import Company, FileConnection, StoredFile
from services.sandbox.wire import API_URL

Json = dict[str, Any]

# Fixed ids of the folders of every inbox.
INBOX_FOLDERS = {
    "inbox_a": "Tillgångar",
    "inbox_b": "Bank",
    "inbox_d": "Dagskassor",
    "inbox_kf": "Kundfakturor",
    "inbox_l": "Lön",
    "inbox_o": "Order",
    "inbox_of": "Offerter",
    "inbox_s": "Leverantörsfakturor",
    "inbox_v": "Verifikationer",
}


def file_row(file: StoredFile) -> Json:
    return {
        "@url": f"{API_URL}/inbox/{file.id}",
        "Comments": None,
        "Id": file.id,
        "Name": file.name,
        "Path": INBOX_FOLDERS.get(file.folder, file.folder),
        "Size": len(file.content),
        "ArchiveFileId": file.archive_file_id,
    }


def folder(company: Company, folder_id: str, name: str, *, subfolders: bool) -> Json:
    """Show a folder with the files lying directly in it; only the root has folders of its own."""
    return {
        "@url": f"{API_URL}/inbox/{folder_id}",
        "Email": "",
        "Files": [file_row(file) for file in company.files.values() if file.folder == folder_id],
        "Folders": [
            {"@url": f"{API_URL}/inbox/{child}", "Id": child, "Name": title} for child, title in INBOX_FOLDERS.items()
        ]
        if subfolders
        else [],
        "Id": folder_id,
        "Name": name,
    }


def connection(company: Company, item: FileConnection) -> Json:
    """`VoucherNumber` is text, `VoucherYear` an integer."""
    voucher = company.vouchers.get((item.year, item.series, item.number))
    return {
        "@url": f"{API_URL}/voucherfileconnections/{item.file_id}",
        "FileId": item.file_id,
        "VoucherDescription": voucher.description if voucher else "",
        "VoucherNumber": str(item.number),
        "VoucherSeries": item.series,
        "VoucherYear": item.year,
    }
