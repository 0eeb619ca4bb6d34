"""What every web room shares: access, clock, layout context, headers, error pages."""
