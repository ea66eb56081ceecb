/* sandbox_audit.h - the sandbox's log: records of 64 bytes in a ring, and JSON lines from them.
 *
 * Every refused access is written here, by any thread and from inside the fault handler; the ring
 * keeps the newest records and never waits. Readers keep their own place in it:
 *
 *     w3d_sandbox_cursor cursor = { 0 };
 *     w3d_sandbox_record record;
 *     char line[W3D_SANDBOX_JSON_SIZE];
 *     while (w3d_sandbox_audit_next(sandbox, &cursor, &record) == W3D_OK)
 *         fwrite(line, 1, w3d_sandbox_audit_json(&record, line, sizeof line), log);
 *     if (cursor.lost) ...                       the reader was too slow for that many records
 */
#ifndef W3D_SANDBOX_AUDIT_H
#define W3D_SANDBOX_AUDIT_H

#include "core/base.h"

typedef struct w3d_sandbox w3d_sandbox;

/* What was asked, in w3d_sandbox_record.kind. */
typedef enum w3d_sandbox_kind {
    W3D_SANDBOX_CHECK = 0,      /* w3d_sandbox_check                        */
    W3D_SANDBOX_VIEW = 1,       /* a checked view                           */
    W3D_SANDBOX_FAULT = 2,      /* the processor refused: page protection   */
    W3D_SANDBOX_REGISTER = 3,   /* a region was registered                  */
    W3D_SANDBOX_UNREGISTER = 4, /* and unregistered                         */
    W3D_SANDBOX_WINDOW = 5      /* a window was set; access: its permission */
} w3d_sandbox_kind;

/* What came of it, in w3d_sandbox_record.action. */
typedef enum w3d_sandbox_action {
    W3D_SANDBOX_DENIED = 0,    /* the check or view said no                                  */
    W3D_SANDBOX_ALLOWED = 1,   /* it said yes; or a change of a region was made              */
    W3D_SANDBOX_PASSED_ON = 2, /* a fault was given to the handler that was there before     */
    W3D_SANDBOX_OPENED = 3,    /* the access went through; the page is open until re-armed   */
    W3D_SANDBOX_STEPPED = 4    /* the access went through; the page is protected again       */
} w3d_sandbox_action;

/* One record: 64 bytes, little-endian, the same layout on every target and in shared memory; the
 * first number of each line is the byte it begins at. */
typedef struct w3d_sandbox_record {
    uint64_t time_ns;      /*  0  a fixed but arbitrary start, see w3d_sandbox_desc.now           */
    uint64_t address;      /*  8  first byte asked for; of a fault, the byte that was refused     */
    uint64_t pc;           /* 16  the code that asked: return address, or the faulting instruction;
                                  0: unknown, as in wasm                                          */
    uint64_t region_begin; /* 24  bounds of the region that holds `address`; both 0: no region  */
    uint64_t region_size;  /* 32                                                                  */
    uint32_t size;         /* 40  bytes asked for, at most UINT32_MAX; 0: unknown, as in faults   */
    uint32_t tag;          /* 44  the region's; see W3D_SANDBOX_TAG                               */
    uint32_t thread;       /* 48  the system's number of the thread; in wasm one of our own       */
    uint32_t region;       /* 52  w3d_sandbox_region.id; 0: none                                  */
    uint32_t sequence;     /* 56  0, 1, 2... in the order of claims; wraps                        */
    uint8_t  kind;         /* 60  w3d_sandbox_kind                                                */
    uint8_t  access;       /* 61  w3d_sandbox_access; 0: unknown, or "registered at all"          */
    uint8_t  action;       /* 62  w3d_sandbox_action                                              */
    uint8_t  zero;         /* 63                                                                  */
} w3d_sandbox_record;

/* A reader's place in the ring. Zeroed: at the oldest record. Each reader has its own. */
typedef struct w3d_sandbox_cursor {
    uint32_t next; /* sequence of the next record to read                              */
    uint32_t zero;
    uint64_t lost; /* records overwritten before this reader came to them              */
} w3d_sandbox_cursor;

/* Copies out the next record and moves the cursor on.
 *
 *   cursor  in/out
 *   record  out     whole, never torn; untouched on errors
 *
 * Errors  W3D_ERR_NOT_FOUND: no newer record. W3D_ERR_BUSY: the next one is being written just now;
 *         one that is not finished when half the ring has been written after it counts as lost.
 * Thread  any number of readers and writers; a cursor is one reader's. Never waits. */
W3D_API w3d_result w3d_sandbox_audit_next(w3d_sandbox *sandbox, w3d_sandbox_cursor *cursor,
                                          w3d_sandbox_record *record);

/* Records that were not written: a writer one lap behind still held their place; or in wasm,
 * several refusals by views came between two looks at the log (w3d_sandbox_view_refuse). */
W3D_API uint32_t w3d_sandbox_audit_dropped(w3d_sandbox *sandbox);

/* Room that is enough for any line. */
#define W3D_SANDBOX_JSON_SIZE 512

/* Writes a record as one line of JSON, with its line feed and a closing 0.
 *
 *   record  in
 *   buffer  out  the line; addresses are texts "0x..." since JSON numbers end at 2^53
 *   size    in   W3D_SANDBOX_JSON_SIZE is enough
 *
 * The fields, in this order: time_ns, sequence, kind, access, action, address, size, tag, region,
 * region_begin, region_size, pc, process, thread. Control characters, quotes and bytes above 126
 * in the tag are escaped (a byte as the code point of its value). `process` is the calling
 * process's number, 0 in wasm: format on the machine and in the process that recorded.
 *
 * Errors  0: the buffer is too small; its bytes are then unspecified. Else the length without the
 * 0. Thread  any; also in a signal handler */
W3D_API size_t w3d_sandbox_audit_json(const w3d_sandbox_record *record, char *buffer, size_t size);

#endif /* W3D_SANDBOX_AUDIT_H */
