"""An oracle for imports: what a file must become, computed without any of Sluice's code."""
