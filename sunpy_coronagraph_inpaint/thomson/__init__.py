"""Thomson scattering by the corona: excess brightness, electrons, mass."""
