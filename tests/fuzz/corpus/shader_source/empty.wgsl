// nothing at all
diagnostic(off, derivative_uniformity);
