/** How a command ends for the shell; see docs/errors.md. */
export type ExitCode = 1 | 2 | 3 | 4 | 5;

interface ErrorEntry {
  /** What became of it for a program: the HTTP status where it reaches a client. */
  readonly status: number;
  /** 1 internal, or a check that found differences, 2 the user's input or flags, 3 the surroundings (port, disk, lock), 4 data that halts, 5 temporarily unable. */
  readonly exit: ExitCode;
  /** Whether the same call may succeed later without anybody doing something. */
  readonly retryable: boolean;
}

/** The one table of error codes. Messages say what happened, where, what is allowed and what to do. */
export const ERRORS = {
  INTERNAL: { status: 500, exit: 1, retryable: false },
  // log
  LOG_OFFSET_OUT_OF_RANGE: { status: 500, exit: 4, retryable: false },
  LOG_PARTITIONS_CHANGED: { status: 500, exit: 4, retryable: false },
  LOG_TOPIC_UNKNOWN: { status: 404, exit: 4, retryable: false },
  LOG_TOPIC_RECREATED: { status: 500, exit: 4, retryable: false },
  LOG_FULL: { status: 503, exit: 5, retryable: true },
  LOG_TOPIC_SETTINGS: { status: 500, exit: 4, retryable: false },
  LOG_UNAVAILABLE: { status: 503, exit: 5, retryable: true },
  LOG_REFUSED: { status: 500, exit: 3, retryable: false },
  LOG_CLOSED: { status: 503, exit: 5, retryable: true },
  // store
  STORE_CLOSED: { status: 503, exit: 5, retryable: true },
  STORE_FAILED: { status: 503, exit: 5, retryable: true },
  QUERY_NOT_READ_ONLY: { status: 400, exit: 2, retryable: false },
  QUERY_FAILED: { status: 400, exit: 2, retryable: false },
  QUERY_LIMIT: { status: 400, exit: 2, retryable: false },
  // schemas
  SCHEMA_UNKNOWN_SUBJECT: { status: 500, exit: 4, retryable: false },
  SCHEMA_UNKNOWN_ID: { status: 503, exit: 4, retryable: true },
  SCHEMA_REFUSED: { status: 500, exit: 3, retryable: false },
  REGISTRY_UNAVAILABLE: { status: 503, exit: 5, retryable: true },
  RECORD_UNREADABLE: { status: 500, exit: 4, retryable: false },
  // catalogue and values
  CATALOGUE_INVALID: { status: 400, exit: 2, retryable: false },
  SCREEN_INVALID: { status: 400, exit: 2, retryable: false },
  SCREEN_UNKNOWN: { status: 404, exit: 2, retryable: false },
  KPI_UNKNOWN: { status: 404, exit: 2, retryable: false },
  VALUE_UNKNOWN: { status: 404, exit: 2, retryable: false },
  VALUES_DIFFER: { status: 500, exit: 1, retryable: false },
  WINDOW_BOUNDS: { status: 400, exit: 2, retryable: false },
  PARAMETER_INVALID: { status: 400, exit: 2, retryable: false },
  // notifications
  CHANNEL_UNKNOWN: { status: 404, exit: 2, retryable: false },
  NOTIFY_FAILED: { status: 502, exit: 3, retryable: false },
  // ingest
  EVENT_INVALID: { status: 400, exit: 2, retryable: false },
  EVENT_TOO_FAR_AHEAD: { status: 400, exit: 2, retryable: false },
  EVENT_TOO_LATE: { status: 400, exit: 2, retryable: false },
  WORKFLOW_UNKNOWN: { status: 404, exit: 2, retryable: false },
  BODY_INVALID: { status: 400, exit: 2, retryable: false },
  BODY_TOO_LARGE: { status: 413, exit: 2, retryable: false },
  KEY_MISSING: { status: 401, exit: 2, retryable: false },
  KEY_WRONG: { status: 401, exit: 2, retryable: false },
  OVERLOADED: { status: 503, exit: 5, retryable: true },
  // import
  MQTT_INVALID: { status: 400, exit: 2, retryable: false },
  MAPPING_INVALID: { status: 400, exit: 2, retryable: false },
  FILE_UNREADABLE: { status: 400, exit: 2, retryable: false },
  FILE_ENCODING: { status: 400, exit: 2, retryable: false },
  ZONE_MISSING: { status: 400, exit: 2, retryable: false },
  ROW_INVALID: { status: 400, exit: 2, retryable: false },
  // schedules
  SCHEDULE_INVALID: { status: 400, exit: 2, retryable: false },
  // surroundings
  USAGE: { status: 400, exit: 2, retryable: false },
  BIND_REFUSED: { status: 400, exit: 2, retryable: false },
  PORT_IN_USE: { status: 500, exit: 3, retryable: false },
  DATA_MISSING: { status: 500, exit: 2, retryable: false },
  DATA_LOCKED: { status: 500, exit: 3, retryable: false },
  DATA_VERSION: { status: 500, exit: 3, retryable: false },
  DATA_UNWRITABLE: { status: 500, exit: 3, retryable: false },
  DISK_FULL: { status: 503, exit: 3, retryable: true },
  NOT_RUNNING: { status: 503, exit: 3, retryable: true },
  EMBEDDED_MISSING: { status: 500, exit: 3, retryable: false },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** Every error that a user may meet: a code of the table, a message for people, the cause where there is one. */
export class TaktError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'TaktError';
    this.code = code;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get exit(): ExitCode {
    return ERRORS[this.code].exit;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}
