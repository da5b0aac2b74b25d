package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
)

// failure ends a command: one sentence for the user, and the exit code.
type failure struct {
	code     int
	sentence string
}

func (f *failure) Error() string { return f.sentence }

// usagef returns the failure of a command that was typed wrongly. The sentence
// says what to do.
func usagef(format string, args ...any) error {
	return &failure{exitUsage, fmt.Sprintf(format, args...)}
}

// failf returns the failure of a command that could not do its work.
func failf(format string, args ...any) error {
	return &failure{exitFailed, fmt.Sprintf(format, args...)}
}

// reason takes from an error of the network or of a file what the user has typed
// anyway.
func reason(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
