//! Nothing: the package is its test targets.
