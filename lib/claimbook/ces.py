"""The production function with constant elasticity of substitution, in calibrated form.

In: shares of inputs in output, what is left of each, the elasticity. Out: output over output before.
"""

import numpy as np

from claimbook.errors import ClaimbookError

_NEAR_ONE = 1e-9


class DisruptionError(ClaimbookError):
    """A share, cut or elasticity outside its range, or a loss that no elasticity gives."""


def checked(name: str, value, low: float, high: float) -> np.ndarray:
    """Return a number or array if all of it lies in a range.

    Raises
    ------
    DisruptionError
        Naming the first value that does not.
    """
    value = np.asarray(value, float)
    if not ((value >= low) & (value <= high)).all():
        bad = value[~((value >= low) & (value <= high))].flat[0]
        raise DisruptionError(f"{name} is {bad:g}; give a number from {low:g} to {high:g}")
    return value


def ces_output(share, left, elasticity):
    """Return output over output before when only a part of one input is left and all others stay.

    The constant-elasticity production function in calibrated form, with s the input's share of the value of output,
    x what is left of it and r = (e - 1) / e:

        y = (s x^r + 1 - s)^(1/r);   e = 1: y = x^s;   e = 0: y = min(x, 1) (fixed proportions).

    Parameters
    ----------
    share, left, elasticity : float or ndarray
        Share of the input in the value of output, 0 to 1; quantity left over quantity before, zero or more; elasticity
        of substitution, zero or more. Broadcast against each other.

    Returns
    -------
    ndarray or float
        Output over output before.

    References
    ----------
    The function for a cut-off input: Bachmann, R. et al. (2022), What if? The economic effects for Germany of a stop of
    energy imports from Russia, simplified model (abstract read,
    https://econpapers.repec.org/paper/halwpaper/hal-03881469.htm). Calibrated (normalised) form: Klump, R., McAdam, P.
    and Willman, A. (2011), ECB Working Paper 1294. Objection to it: Geerolf, F. (2023), IMK Working Paper 218.
    """
    share = checked("share", share, 0, 1)
    left = checked("left", left, 0, np.inf)
    elasticity = checked("elasticity", elasticity, 0, np.inf)
    share, left, elasticity = np.broadcast_arrays(share, left, elasticity)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        power = np.where(np.isinf(elasticity), 1.0, 1 - 1 / np.where(elasticity > 0, elasticity, np.nan))
        logs = np.log(left)
        many = np.logaddexp(np.log(share) + power * logs, np.log1p(-share)) / power
    cobb_douglas = np.where(share > 0, share * np.where(share > 0, logs, 0.0), 0.0)
    value = np.where(np.abs(elasticity - 1) < _NEAR_ONE, cobb_douglas, many)
    value = np.where(elasticity == 0, np.where(share > 0, np.minimum(logs, 0.0), 0.0), value)
    value = np.where((left == 0) & (share > 0) & (elasticity <= 1), -np.inf, np.where(share == 0, 0.0, value))
    result = np.exp(value)
    return float(result) if result.ndim == 0 else result


def ces_nest(shares: np.ndarray, left: np.ndarray, elasticity: float) -> np.ndarray:
    """Return output over output before of several producers with many inputs, by the same function.

    Parameters
    ----------
    shares : ndarray, n inputs by m producers
        Share of each input in output, at most 1 in sum; what the shares leave to 1 is an input that stays.
    left : ndarray, n or cases by n
        What is left of each input.
    elasticity : float
        Zero or more.

    Returns
    -------
    ndarray, m or cases by m
    """
    if elasticity < 1e-3:
        used = np.where(shares > 0, left[..., None], np.inf)
        return np.minimum(used.min(axis=-2), 1.0)
    # vector by vector: for tables of this size the threads of a matrix product cost more than they bring
    if abs(elasticity - 1) < _NEAR_ONE:
        return np.exp(np.vecmat(np.log(np.maximum(left, 1e-300)), shares))
    power = 1 - 1 / elasticity
    return (np.vecmat(np.maximum(left, 1e-12) ** power, shares) + 1 - shares.sum(axis=0)) ** (1 / power)


def ces_loss(share, cut, elasticity):
    """Return the share of output lost when a share `cut` of an input is gone; as `ces_output`, 1 less."""
    return 1 - ces_output(share, 1 - checked("cut", cut, 0, 1), elasticity)
