package sim

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// newRand returns the random numbers of a name and numbers under a seed. Different
// names or numbers have independent random numbers.
func newRand(seed uint64, name string, numbers ...uint64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	s := mix(h.Sum64())
	for _, n := range numbers {
		s = mix(s + n)
	}
	return rand.New(rand.NewPCG(mix(seed), s))
}

// mix spreads each bit of x over all 64: the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// uniform draws a duration from low to high, all equally likely.
func uniform(rng *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(rng.Float64()*float64(high-low))
}

// z99 is the 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

// logNormal draws from the log-normal distribution with this median and 99th
// percentile.
func logNormal(rng *rand.Rand, median, p99 time.Duration) time.Duration {
	sigma := math.Log(float64(p99)/float64(median)) / z99
	return time.Duration(float64(median) * math.Exp(sigma*rng.NormFloat64()))
}
