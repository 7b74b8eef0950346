/** How the ClickHouse store reaches its engine: in process through chDB, or (with Kafka) over HTTP. */
export interface ClickHouseTransport {
  /** Runs a statement without a result. */
  command(sql: string): Promise<void>;
  /** Rows of a SELECT; 64-bit integers come as text. `parameters` are bound, never pasted. */
  rows<Row>(sql: string, parameters: Readonly<Record<string, unknown>>): Promise<Row[]>;
  /** Inserts RowBinary rows, in as many pieces as they come. */
  insert(table: string, structure: string, rows: readonly Buffer[]): Promise<void>;
  /** A user's statement on a connection of its own, read-only and within limits. */
  userQuery(sql: string, format: string): Promise<Uint8Array>;
  /** Runs `work` while no other process runs its own of this name. */
  exclusively(name: string, work: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}
