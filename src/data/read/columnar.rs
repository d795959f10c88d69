//! Parquet: which of its columns can be read.

use polars::prelude::*;
use polars_io::mmap::MmapBytesReader;
use polars_io::parquet::read::ParquetReader;

/// The columns of types that are not read, each with its type: polars would end the program at them.
pub(crate) fn unread<R: MmapBytesReader>(
    parquet: &mut ParquetReader<R>,
) -> PolarsResult<Vec<(String, String)>> {
    let schema = parquet.schema()?;
    let unread = schema.iter_values().filter(|field| !is_read(&field.dtype));
    Ok(unread
        .map(|field| (field.name.to_string(), format!("{:?}", field.dtype)))
        .collect())
}

/// Decimals as numbers of the types that all else has: whole ones where they have no places behind the point (texts where
/// they are too long for that, as numbers of accounts are), doubles else.
pub(crate) fn without_decimals(column: &Column) -> PolarsResult<Column> {
    match column.dtype() {
        DataType::Decimal(_, 0) => {
            let whole = column.strict_cast(&DataType::Int64);
            whole.or_else(|_| column.strict_cast(&DataType::String))
        }
        DataType::Decimal(..) => column.strict_cast(&DataType::Float64),
        _ => Ok(column.clone()),
    }
}

fn is_read(dtype: &ArrowDataType) -> bool {
    use ArrowDataType as Of;
    match dtype {
        Of::List(of) | Of::LargeList(of) => is_read(&of.dtype),
        Of::Struct(of) => of.iter().all(|of| is_read(&of.dtype)),
        Of::Dictionary(_, of, _) => is_read(of),
        dtype => matches!(
            dtype,
            Of::Null
                | Of::Boolean
                | Of::Int8
                | Of::Int16
                | Of::Int32
                | Of::Int64
                | Of::UInt8
                | Of::UInt16
                | Of::UInt32
                | Of::UInt64
                | Of::Float32
                | Of::Float64
                | Of::Decimal(..)
                | Of::Decimal32(..)
                | Of::Decimal64(..)
                | Of::Decimal256(..)
                | Of::Date32
                | Of::Date64
                | Of::Time32(_)
                | Of::Time64(_)
                | Of::Timestamp(..)
                | Of::Duration(_)
                | Of::Utf8
                | Of::LargeUtf8
                | Of::Utf8View
                | Of::Binary
                | Of::LargeBinary
                | Of::FixedSizeBinary(_)
                | Of::BinaryView
        ),
    }
}
