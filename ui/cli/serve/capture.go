package serve

import (
	"os"

	"paceline/queue"
	"paceline/queue/gateway"
	"paceline/ui/cli/command"
)

// maxCapture is the size that the file of a capture may have, in bytes: about 200,000 answers.
const maxCapture = 100 << 20

// openCapture opens the file of --capture, which only its owner can read, and appends to it.
// The capture is nil without the flag. Close ends it.
func (p *process) openCapture(q *queue.Queue) (capture *gateway.Capture, closeIt func(), _ error) {
	name := p.flags.capture
	if name == "" {
		return nil, func() {}, nil
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // to open a pipe would wait for its reader
		return nil, nil, command.Failf("the capture cannot be written: %s is no file", name)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, command.Failf("the capture cannot be written: %v", err)
	}
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		err = f.Chmod(0o600)
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, command.Failf("the capture cannot be written: %v", err)
	}
	capture = gateway.NewCapture(f, maxCapture-info.Size(), func(err error) {
		q.ReportTrouble(queue.PartCapture, err)
		p.Say("the capture in %s has ended, and requests go on: %v", name, err)
	})
	return capture, func() { capture.Close(); _ = f.Close() }, nil
}
