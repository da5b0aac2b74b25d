package report

// EstimateUsers returns how many users the requests came from, at least one, and what
// that is read from; empty if nothing tells.
func (r *Report) EstimateUsers() (n int, basis string) {
	if active := r.Users.Most.Value; active > 0 {
		return active, "the most that were active at a time"
	}
	if waiting := r.MostWaiting().Value; waiting > 0 {
		return waiting + 1, "as many as waited at a time, and one"
	}
	return 1, ""
}
