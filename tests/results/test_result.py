import pytest

from gradunc.results import Column, Table


@pytest.mark.parametrize("row", [{"a": 1.0}, {"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 1.0, "c": 2.0}])
def test_a_row_with_other_columns_is_a_mistake(row):
    with pytest.raises(ValueError, match="table 'depth' has the columns"):
        Table("depth", "", (Column("a"), Column("b")), (row,))
