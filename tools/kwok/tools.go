//go:build tools

// Package kwok pins the simulated kubelet of the end-to-end tests.
package kwok

import _ "sigs.k8s.io/kwok/cmd/kwok"
