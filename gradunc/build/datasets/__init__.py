"""From the section `data` of a configuration to a data set, one file per layout."""
