"""A schedule on paper: XLSX, PDF, CSV and the evidence pack, in Swedish or English, the same bytes every time."""
