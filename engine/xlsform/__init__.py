"""Definitions as XLSForm workbooks: read, written, and written back into the workbook they came from."""
