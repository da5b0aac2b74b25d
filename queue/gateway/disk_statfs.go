//go:build linux || darwin

package gateway

import "syscall"

// diskSpace returns how many bytes are free for us on the disk of a folder, and how many it
// has; zeros if the system does not say.
func diskSpace(dir string) (free, all int64) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0
	}
	size := int64(s.Bsize) //nolint:unconvert // it has 32 bits elsewhere
	return int64(s.Bavail) * size, int64(s.Blocks) * size
}
