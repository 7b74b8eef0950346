import type { TableName, TableRows } from '../../../ports/kpi-rows.ts';
import type { RowBlock, RowBuffer } from '../../../ports/kpi-store.ts';
import { RowBinaryWriter } from './row-binary-writer.ts';
import { TABLES } from './tables.ts';

/** A block of the ClickHouse store: its rows in RowBinary. */
export interface RowBinaryBlock<T extends TableName = TableName> extends RowBlock<T> {
  readonly bytes: Buffer;
}

/** Rows that are encoded as they come. */
export class RowBinaryBuffer<T extends TableName> implements RowBuffer<T> {
  private readonly table: T;
  private readonly out = new RowBinaryWriter();
  private rows = 0;

  constructor(table: T) {
    this.table = table;
  }

  add(row: TableRows[T]): void {
    TABLES[this.table].write(this.out, row);
    this.rows++;
  }

  get length(): number {
    return this.rows;
  }

  take(): RowBinaryBlock<T> {
    const block = { table: this.table, length: this.rows, bytes: this.out.take() };
    this.rows = 0;
    return block;
  }
}
