"""Names of the files that a run of `inpaint_files` leaves in the directory of its results."""

JOURNAL, REPORT = ".inpaint_files.journal", "inpaint_report.ecsv"
