/* ring_message.h - messages of up to 16 MB through a ring, in as many slots as it takes.
 *
 * A message may be larger than the ring: it flows through while the receiver makes room. How it
 * lies in the slots is in ring.h.
 *
 *     w3d_ring_send(&ring, mesh_bytes, mesh_size, W3D_FOREVER);
 *
 *     result = w3d_ring_receive(&ring, buffer, sizeof buffer, &size, W3D_FOREVER);
 *     if (result == W3D_ERR_CAPACITY) ...    // nothing is lost: again with a buffer of `size`
 *     bytes
 */
#ifndef W3D_RING_MESSAGE_H
#define W3D_RING_MESSAGE_H

#include "sync/ring.h"

/* The largest message. */
#define W3D_RING_MESSAGE_LIMIT 0x1000000u

/* Sends a message, as slots are free.
 *
 *   bytes  in   must stay until the message is sent
 *   size    at most W3D_RING_MESSAGE_LIMIT; 0 is a message too
 *
 * Errors  as w3d_ring_claim; W3D_ERR_LIMIT: too large. After W3D_ERR_BUSY or W3D_ERR_TIMEOUT the
 *         message may be half sent: call again with the same bytes and size to go on (any other
 *         call that produces, on this end, is W3D_ERR_ARGUMENT until then). So a page's main thread
 *         sends a large message over several frames.
 * Thread  other producers wait while a message is being sent, readers do not see it interrupted. */
W3D_API w3d_result w3d_ring_send(w3d_ring *ring, const void *bytes, size_t size,
                                 uint64_t timeout_ns);

/* Receives a message.
 *
 *   bytes     out     `capacity` bytes; the same again when a call is repeated to go on
 *   size      out     bytes of the message; also set, and nothing consumed, on W3D_ERR_CAPACITY
 *
 * Errors  as w3d_ring_peek; W3D_ERR_CAPACITY; W3D_ERR_FORMAT: next is a record, not a message.
 *         After W3D_ERR_BUSY or W3D_ERR_TIMEOUT call again to go on, as with w3d_ring_send. If the
 *         sender closes or dies in mid-message: W3D_ERR_CLOSED, or timeouts; `bytes` is half full.
 *          */
W3D_API w3d_result w3d_ring_receive(w3d_ring *ring, void *bytes, size_t capacity, size_t *size,
                                    uint64_t timeout_ns);

#endif /* W3D_RING_MESSAGE_H */
