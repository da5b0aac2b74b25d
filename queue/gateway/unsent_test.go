package gateway

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"paceline/queue"
)

// Nothing was sent where there was no connection to send it on.
func TestARefusedConnectionIsNotCountedAsResent(t *testing.T) {
	for _, err := range []error{
		&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED},
		fmt.Errorf("proxy: %w", &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host"}}),
	} {
		if e, ok := errors.AsType[*queue.Error](callError(t.Context(), err)); !ok || !e.Unsent {
			t.Errorf("%v: got %+v, want that it was not sent", err, e)
		}
	}
	reset := &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	if e, ok := errors.AsType[*queue.Error](callError(t.Context(), reset)); !ok || e.Unsent {
		t.Errorf("%v: got %+v, want that it may have been sent", reset, e)
	}
}
