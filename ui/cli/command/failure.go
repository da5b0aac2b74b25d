package command

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
)

// Failure ends a command: one sentence for the user, and the exit code.
type Failure struct {
	Code     int
	sentence string
}

func (f *Failure) Error() string { return f.sentence }

// Usagef returns the failure of a command that was typed wrongly. The sentence
// says what to do.
func Usagef(format string, args ...any) error {
	return &Failure{ExitUsage, fmt.Sprintf(format, args...)}
}

// Failf returns the failure of a command that could not do its work.
func Failf(format string, args ...any) error {
	return &Failure{ExitFailed, fmt.Sprintf(format, args...)}
}

// Reason takes from an error of the network or of a file what the user has typed
// anyway.
func Reason(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
