package command

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
)

// Failure is the error that ends a command: one sentence for the user, and the exit
// code.
type Failure struct {
	Code    int
	message string
}

func (f *Failure) Error() string { return f.message }

// Usagef returns the failure of a command that was typed wrongly. The sentence names
// what to type instead.
func Usagef(format string, args ...any) error {
	return &Failure{ExitUsage, fmt.Sprintf(format, args...)}
}

// Failf returns the failure of a command that was typed well and could not do its work.
func Failf(format string, args ...any) error {
	return &Failure{ExitFailed, fmt.Sprintf(format, args...)}
}

// Reason returns the cause in an error of the network or of a file, without the address
// or the path, which the user has typed.
func Reason(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
