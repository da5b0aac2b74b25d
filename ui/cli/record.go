package cli

import (
	"errors"

	"paceline/client"
	"paceline/ui/cli/command"
)

// startRecording returns a source that answers as s does and writes each answer to
// the file of --record, if there is one. The function that it returns closes the
// file, and returns an error if not all answers were written.
func (f *monitorFlags) startRecording(s client.Source) (client.Source, func() error, error) {
	nothing := func() error { return nil }
	if f.record == "" {
		return s, nothing, nil
	}
	from, ok := s.(client.Recordable)
	if !ok {
		return nil, nil, command.Usagef("--record: what %s tells cannot be recorded", s.Name())
	}
	recorder, err := client.OpenRecorder(f.record)
	switch {
	case errors.Is(err, client.ErrNotARecording):
		return nil, nil, command.Failf("%s is not a recording, and stays as it is: choose another name for --record", f.record)
	case err != nil:
		return nil, nil, command.Failf("the recording cannot be written: %v: choose another --record", command.Reason(err))
	}
	return recorder.Record(from), func() error {
		if err := recorder.Close(); err != nil {
			return command.Failf("%s is not complete: %v", f.record, command.Reason(err))
		}
		return nil
	}, nil
}
