//go:build unix

package gateway

import "os"

// privateFile creates a file that only this process can read and that has no name:
// it is gone when it is closed, or when the process dies.
func privateFile(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "paceline-*") // mode 0600
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

func dropFile(f *os.File) { _ = f.Close() }
