"""``classifier.joblib``: a classifier of the user's own, instead of the arrays that `logsluice train` writes.

It is unpickled, and a pickle is code. So it is loaded from a bundle whose digest is pinned, and from no other.
"""

from io import BytesIO

from pipeline.bundle import OWN_CLASSIFIER, Bundle
from pipeline.embedding import Classifier
from pipeline.errors import BundleError


def load_own_classifier(bundle: Bundle) -> Classifier:
    """Unpickle the classifier of a verified bundle, which the user trusts by its digest.

    Raises:
        BundleError: its digest is not pinned, it cannot be loaded, or what it was made with is not installed.
    """
    path = bundle.directory / OWN_CLASSIFIER
    if not bundle.pinned:
        raise BundleError(
            f"{path} is a pickle, and loading it runs code: if you trust whoever made it, set "
            f"LOGSLUICE_BUNDLE_DIGEST={bundle.digest}"
        )
    try:
        import joblib

        classifier: Classifier = joblib.load(BytesIO(bundle.files[OWN_CLASSIFIER]))
        _ = classifier.labels, classifier.predict_proba
    except ModuleNotFoundError as error:
        raise BundleError(
            f"{path} needs {error.name}, which is not installed: pip install 'logsluice[sklearn]', or where it "
            "comes from"
        ) from error
    except Exception as error:  # whatever unpickling raises
        raise BundleError(
            f"{path} cannot be loaded ({type(error).__name__}: {error}): save it again with the libraries "
            "that are installed here"
        ) from error
    return classifier
