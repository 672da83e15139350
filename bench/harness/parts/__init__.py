"""One module a part of the bench. Each has TITLE, steps(context) (how many marks of progress it makes) and
run(context), which gives a report.Report."""
